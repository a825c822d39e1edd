import Testing
import Usage

@testable import Prices

/// A user's price file: what it may say, and every fault of it at once.
@Suite struct PriceFileTests {
  private func faults(_ yaml: String) -> [String] {
    do {
      _ = try Priced.book(under: yaml)
      return []
    } catch let error as PriceFaults {
      return error.faults
    } catch {
      return ["\(error)"]
    }
  }

  @Test func namesEveryFault() {
    let faults = faults(
      """
      schema: hindcast-prices/1
      modles: []
      models:
        - id: acme/a
          prices:
            - {from: 2026-01-01, rates: {input: -1, output: 0.1234567890123}}
            - {from: 2025-01-01, to: 2024-01-01, rates: {inptu: 1}}
        - id: acme/a
          prices: [{rates: {input: cheap}, status: maybe}]
        - id: acme/b
          match: {exact: [one], regex: ["(unclosed"]}
          prices:
            - rates: {input: 1.0399999999999998, output: 0.30000000000000004}
              unit: per_token
              bracket: [2026-02-01, 2026-01-01]
              tiers:
                - {when: {prompt_tokens_gt: 200000}, rates: {input: 2}}
                - {when: {prompt_tokens_gte: 128000}, rates: {input: 3}}
              variants:
                - {when: {service_tier: bacth}, rates: {input: 1}}
                - {when: {}, multiplier: 1.1}
              windows:
                - {utc: "25:00-26:00", rates: {input: 1}}
                - {utc: "01:00-02:00", weekdays: [monday], rates: {input: 1}}
        - id: acme/c
          match: {exact: [one]}
          prices:
            - {from: 2027-01-01, status: announced, rates: {input: 1}, source: {name: x, as_of: 2026-11-01}}
      aliases:
        - {name: newest, target: acme/nothing}
        - {name: mine, target: acme/b, to: 2026-06-01}
        - {name: mine, target: acme/c, from: 2026-05-01}
      exchange_rates:
        - {currency: EUR, in: USD, rate: 0}
      """)
    for text in [
      "own.yaml:2: unknown key 'modles'; did you mean 'models'?", "own.yaml:6: 'input: -1'",
      "own.yaml:6: 'output: 0.1234567890123'", "own.yaml:7: unknown key 'inptu'",
      "own.yaml:7: 'to' is not after 'from'", "own.yaml:7: this price of 'acme/a' overlaps",
      "own.yaml:8: model 'acme/a' stands twice; first in line 4",
      "own.yaml:9: 'input' is not a decimal number", "own.yaml:9: status 'maybe'",
      "own.yaml:11: '(unclosed' is not a regular expression",
      "own.yaml:13: 'input: 1.0399999999999998' looks like what a binary fraction left of 1.04",
      "own.yaml:13: 'output: 0.30000000000000004' looks like what a binary fraction left of 0.3",
      "own.yaml:14: unit 'per_token' is not known", "own.yaml:15: 'bracket'",
      "own.yaml:18: tiers must ascend by their threshold",
      "own.yaml:20: service tier 'bacth' is not known; did you mean 'batch'?",
      "own.yaml:21: 'when' names no service_tier", "own.yaml:23: expected '{utc:",
      "own.yaml:24: weekday 'monday'",
      "own.yaml:25: 'one' of acme stands for both acme/b and acme/c",
      "own.yaml:28: a price of 'acme/c' is announced for later",
      "own.yaml:30: alias 'newest': there is no model 'acme/nothing'",
      "own.yaml:32: alias 'mine' overlaps the one in line 31", "own.yaml:34: expected '{currency:",
    ] {
      #expect(faults.contains { $0.contains(text) }, "\(text) in \(faults.joined(separator: "\n"))")
    }
  }

  @Test func aGapIsNamedAndLeftToTheBook() throws {
    let book = try Priced.book(
      under: """
        schema: hindcast-prices/1
        models:
          - id: openai/gpt-4o-mini
            prices:
              - {to: 2026-03-01, rates: {input: 1, output: 1}}
              - {from: 2026-04-01, rates: {input: 2, output: 2}}
        """)
    #expect(
      book.gaps == [
        "own.yaml:6: gap: 'openai/gpt-4o-mini' has no price from 2026-03-01T00:00:00Z to "
          + "2026-04-01T00:00:00Z"
      ])
    let layers = try ["2026-02-28", "2026-03-15", "2026-04-01"].map {
      book.match(
        model: "gpt-4o-mini", provider: "openai", at: try Priced.instant($0))?.layer
    }
    #expect(layers == [.user, .book, .user])
  }

  @Test func whatAPersonWroteIsNoBinaryFraction() throws {
    for text in ["0.0399999", "0.002990625", "0.000000000001", "1234567.99999", "3"] {
      #expect(BinaryFraction.meant(by: try #require(ExactDecimal(text))) == nil, "\(text)")
    }
  }
}
