import Replay
import Testing
import Usage

/// Every entry claims what a file with another number would come to: the file is edited and replayed.
@Suite struct SensitivityTests {
  static let day = Period(
    first: Day(year: 2026, month: 9, day: 1), last: Day(year: 2026, month: 9, day: 1), zone: .utc)

  /// A hundred requests of 50,000 to 150,000 tokens in ten hours, two and two in a minute; four fifths are
  /// input, three quarters of that from a cache.
  static func history(cached: Int64 = 600) -> History {
    Replaying.history(
      (0..<100).map { i in
        let thousands: Int64 = [50, 150, 100, 100][i % 4]
        var request = Replaying.request(
          at: Int64(i / 2) * 720 + Int64(i % 2) * 20, input: thousands * (800 - cached),
          output: thousands * 200)
        request.tokens.cacheRead = thousands * cached
        return request
      }, period: day)
  }

  /// One number of the file below: what reports call it, whose it is, and where it stands.
  struct Number: Sendable, CustomTestStringConvertible {
    var name: String
    var option: String
    var value: String
    var lower: String
    var higher: String
    var isShared = false

    var testDescription: String { "\(option): \(name)" }
  }

  static let numbers = [
    Number(
      name: "input price", option: "api", value: "input: 3", lower: "input: 2.4",
      higher: "input: 3.6"),
    Number(
      name: "output price", option: "api", value: "output: 9", lower: "output: 7.2",
      higher: "output: 10.8"),
    Number(
      name: "cached-input price", option: "api", value: "cache_read: 0.3",
      lower: "cache_read: 0.24",
      higher: "cache_read: 0.36"),
    Number(
      name: "tokenizer ratio", option: "api", value: #"{"*": 1.1}"#, lower: #"{"*": 0.88}"#,
      higher: #"{"*": 1.32}"#),
    Number(
      name: "batch share", option: "api", value: "share: 0.3", lower: "share: 0.24",
      higher: "share: 0.36"),
    Number(
      name: "batch discount", option: "api", value: "discount: 0.5", lower: "discount: 0.4",
      higher: "discount: 0.6"),
    Number(
      name: "GPU price", option: "rental", value: "price_per_gpu_hour: 0.05",
      lower: "price_per_gpu_hour: 0.04", higher: "price_per_gpu_hour: 0.06"),
    Number(
      name: "other infrastructure", option: "rental", value: "other_per_hour: 0.02",
      lower: "other_per_hour: 0.016", higher: "other_per_hour: 0.024"),
    Number(
      name: "throughput", option: "rental", value: "tokens_per_hour: 700000",
      lower: "tokens_per_hour: 560000", higher: "tokens_per_hour: 840000"),
    Number(
      name: "hardware price", option: "own", value: "capex: {a: 300, b: 900}",
      lower: "capex: {a: 240, b: 720}", higher: "capex: {a: 360, b: 1080}"),
    Number(
      name: "hardware life", option: "own", value: "life_months: 40", lower: "life_months: 32",
      higher: "life_months: 48"),
    Number(
      name: "residual value", option: "own", value: "residual: 100", lower: "residual: 80",
      higher: "residual: 120"),
    Number(
      name: "electricity price", option: "own", value: "price_per_kwh: 0.25",
      lower: "price_per_kwh: 0.2", higher: "price_per_kwh: 0.3"),
    Number(
      name: "power under load", option: "own", value: "load_kw: 0.5", lower: "load_kw: 0.4",
      higher: "load_kw: 0.6"),
    Number(
      name: "power when idle", option: "own", value: "idle_kw: 0.1", lower: "idle_kw: 0.08",
      higher: "idle_kw: 0.12"),
    Number(name: "PUE", option: "own", value: "pue: 1.5", lower: "pue: 1.2", higher: "pue: 1.8"),
    Number(
      name: "hours under load", option: "own", value: "hours_per_day: 10",
      lower: "hours_per_day: 8",
      higher: "hours_per_day: 12"),
    Number(
      name: "colocation", option: "own", value: "colocation_per_month: 5",
      lower: "colocation_per_month: 4", higher: "colocation_per_month: 6"),
    Number(
      name: "hours of set-up", option: "own", value: "hours: 2,", lower: "hours: 1.6,",
      higher: "hours: 2.4,"),
    Number(
      name: "spread of the set-up", option: "own", value: "spread_months: 4",
      lower: "spread_months: 3.2", higher: "spread_months: 4.8"),
    Number(
      name: "full-time posts", option: "own", value: "fte: 0.001", lower: "fte: 0.0008",
      higher: "fte: 0.0012"),
    Number(
      name: "model updates", option: "own", value: "per_year: 5", lower: "per_year: 4",
      higher: "per_year: 6"),
    Number(
      name: "share asked again", option: "own", value: "rerun_share: 0.1",
      lower: "rerun_share: 0.08",
      higher: "rerun_share: 0.12"),
    Number(
      name: "opportunity cost", option: "own", value: "opportunity_cost_per_month: 10",
      lower: "opportunity_cost_per_month: 8", higher: "opportunity_cost_per_month: 12"),
    Number(
      name: "hourly rate", option: "own", value: "hourly_rate: 100", lower: "hourly_rate: 80",
      higher: "hourly_rate: 120", isShared: true),
    Number(
      name: "pay of a full-time post", option: "own", value: "fte_year: 60000",
      lower: "fte_year: 48000", higher: "fte_year: 72000", isShared: true),
    Number(
      name: "unit price", option: "units", value: "price_per_unit_hour: 0.04",
      lower: "price_per_unit_hour: 0.032", higher: "price_per_unit_hour: 0.048"),
    Number(
      name: "unit throughput", option: "units", value: "per_unit: 110000", lower: "per_unit: 88000",
      higher: "per_unit: 132000"),
    Number(
      name: "cached weight", option: "units", value: "cached_weight: 0.9",
      lower: "cached_weight: 0.72", higher: "cached_weight: 1.08"),
  ]

  static let file = #"""
    baseline: base
    people: {hourly_rate: 100, fte_year: 60000}
    options:
      - {name: base, kind: api, price: {input: 5, output: 5}}
      - name: api
        kind: api
        price: {input: 3, output: 9, cache_read: 0.3}
        token_ratio: {"*": 1.1}
        batch: {share: 0.3, discount: 0.5}
      - name: rental
        kind: rented
        price_per_gpu_hour: 0.05
        other_per_hour: 0.02
        throughput: {tokens_per_hour: 700000}
        overflow: base
      - name: own
        kind: owned
        capex: {a: 300, b: 900}
        life_months: 40
        residual: 100
        power: {load_kw: 0.5, idle_kw: 0.1, price_per_kwh: 0.25, pue: 1.5, hours_per_day: 10}
        colocation_per_month: 5
        people: {setup: {hours: 2, spread_months: 4}, running: {fte: 0.001}, model_updates: {per_year: 5, hours: 1}}
        quality_gap: {rerun_share: 0.1, on: base}
        opportunity_cost_per_month: 10
      - {name: units, kind: provisioned, units: 1, price_per_unit_hour: 0.04,
         input_tokens_per_minute_per_unit: 110000, output_weight: 1.5, cached_weight: 0.9,
         overflow: base}
    """#

  static func option(_ name: String, _ file: String, _ history: History = history()) throws
    -> OptionResult
  {
    try #require(
      Replaying.comparison(file, history).options.first { $0.name == name })
  }

  @Test("20 % either way is what a file with that number costs", arguments: numbers)
  func isTheEditedFile(_ number: Number) throws {
    #expect(Self.file.contains(number.value))
    func edited(_ text: String) throws -> OptionResult {
      try Self.option(number.option, Self.file.replacing(number.value, with: text))
    }
    let entry = try #require(
      Self.option(number.option, Self.file).sensitivity.first {
        $0.input == number.name && $0.option == (number.isShared ? nil : number.option)
      })
    #expect(entry.against == "base")
    #expect(try entry.lower == edited(number.lower).total)
    #expect(try entry.higher == edited(number.higher).total)
    #expect(entry.lower != entry.higher)
  }

  /// With a share of 0.6 and of 0.9 of the input from the cache instead of 0.75.
  @Test func theCachedShareIsThatOfAnotherHistory() throws {
    let entry = try #require(
      Self.option("api", Self.file).sensitivity.first { $0.input == "cached share" })
    #expect(entry.value.description == "0.75")
    #expect(
      try entry.lower == Self.option("api", Self.file, Self.history(cached: 480)).total)
    #expect(
      try entry.higher == Self.option("api", Self.file, Self.history(cached: 720)).total)
  }

  @Test("where the answer turns, both options cost the same") func turns() throws {
    var found = 0
    for name in ["api", "rental", "own", "units"] {
      for entry in try Self.option(name, Self.file).sensitivity {
        guard let value = entry.flipsAtValue,
          let number = Self.numbers.first(where: {
            $0.name == entry.input && ($0.isShared || $0.option == entry.option)
          }), number.value.contains(": "), !number.value.contains("{"),
          // Whole requests go elsewhere: the cost leaps. Less than a month is refused.
          !entry.input.contains("throughput"), !entry.input.contains("weight"),
          entry.input != "hardware life", entry.input != "spread of the set-up"
        else { continue }
        let key = number.value.prefix { $0 != ":" }
        let end = number.value.hasSuffix(",") ? "," : ""
        let file = Self.file.replacing(number.value, with: "\(key): \(value)\(end)")
        let own = try #require(Self.option(name, file).total).picodollars
        let base = try #require(Self.option("base", file).total).picodollars
        #expect(abs(own - base) < base / 5000, "\(name), \(entry.input) at \(value)")
        found += 1
      }
    }
    #expect(found > 10)
  }

  /// 50 against a thirtieth of 3 and next to no electricity, whose price would have to be 10^8 times as high.
  @Test func aNumberThatCannotTurnTheAnswerSaysSo() throws {
    let option = try Self.option(
      "own",
      """
      baseline: api
      options:
        - {name: api, kind: api, price: {input: 5, output: 5}}
        - {name: own, kind: owned, capex: {a: 3}, life_months: 1,
           power: {load_kw: 0.000001, price_per_kwh: 0.1}}
      """)
    let electricity = try #require(option.sensitivity.first { $0.input == "electricity price" })
    #expect(electricity.flipsAt == nil)
    let price = try #require(option.sensitivity.first { $0.input == "hardware price" })
    // 30 x (50 - 24 h x 0.000001 kW x 0.1)
    #expect(price.flipsAtValue?.description == "1499.999928")
  }

  /// 100 tokens a second for 300,000 tokens an hour at most: 83.3 are enough.
  @Test func aSlowerServerCeasesToKeepUp() throws {
    let history = Replaying.history(
      (0..<720).map { Replaying.request(at: Int64($0) * 3600, input: 300_000) })
    let option = try Self.option(
      "x",
      """
      options:
        - {name: a, kind: api, price: {input: 1, output: 1}}
        - {name: x, kind: rented, price_per_gpu_hour: 1, serving: {single_stream_tok_s: 100}}
      """, history)
    let entry = try #require(option.sensitivity.first { $0.input == "serving speed" })
    #expect(entry.keepsUp?.lower == false && entry.keepsUp?.higher == true)
    let limit = try #require(entry.keepsUpUntilValue?.approximateForTests)
    #expect(abs(limit - 83.333) < 0.05)
    #expect(entry.lower == entry.higher)
  }
}

extension ExactDecimal {
  fileprivate var approximateForTests: Double { Double(description) ?? .nan }
}
