import Replay
import Testing
import Usage

@Suite struct OptionFaultTests {
  @Test("a misspelt key does not hide what is wrong inside it") func nested() {
    let faults = Replaying.faults(
      """
      option:
        - nmae: h100
          knid: rentd
          price_per_gpu_hour: many
          flet: {replica: 0, mod: houry}
      """)
    #expect(
      faults == [
        "o.yaml:2: file: unknown field 'option'; did you mean 'options'?",
        "o.yaml:3: option 'h100': unknown field 'nmae'; did you mean 'name'?",
        "o.yaml:4: option 'h100': kind 'rentd' is not known; did you mean 'rented'? Known: actual, "
          + "api, rented, owned, provisioned, hybrid",
        "o.yaml:4: option 'h100': unknown field 'knid'; did you mean 'kind'?",
        "o.yaml:5: option 'h100': 'price_per_gpu_hour' is not a number, nor a range as [low, high]",
        "o.yaml:6: option 'h100': unknown field 'flet'; did you mean 'fleet'?",
        "o.yaml:6: option 'h100', fleet: unknown field 'replica'; did you mean 'replicas'?",
        "o.yaml:6: option 'h100', fleet: unknown field 'mod'; did you mean 'mode'?",
        "o.yaml:6: option 'h100', fleet: 'mode: houry' is not known; did you mean 'hourly'? "
          + "Expected fixed, hourly, autoscale, smallest",
        "o.yaml:6: option 'h100', fleet: 'replicas: 0' is not a whole number from 1 to 10000",
      ])
  }

  @Test("a number outside its limits is told them, once") func limits() {
    let faults = Replaying.faults(
      """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: -2
          gpus_per_replica: [3, 2]
          other_per_hour: 0.1234567891
          fleet: {replicas: -1, redundancy: 1.5, max: -1, target: -1, spot: {interruptions_per_hour: -1}}
        - name: y
          kind: provisioned
          units: -1
          price_per_unit_hour: 1
          input_tokens_per_minute_per_unit: -1
      """)
    #expect(
      faults == [
        "o.yaml:5: option 'x': 'price_per_gpu_hour: -2' is not a number from 0 to 1000000000",
        "o.yaml:6: option 'x': 'gpus_per_replica: 3, 2' descends: a range is [low, high]",
        "o.yaml:7: option 'x': 'other_per_hour: 0.1234567891' has more than 9 digits behind the point",
        "o.yaml:8: option 'x', fleet: 'replicas: -1' is not a whole number from 1 to 10000",
        "o.yaml:8: option 'x', fleet: 'redundancy: 1.5' is not a whole number from 0 to 10000",
        "o.yaml:8: option 'x', fleet: 'max: -1' is not a whole number from 0 to 4096",
        "o.yaml:8: option 'x', fleet: 'target: -1' is not a number from 0.001 to 1000000",
        "o.yaml:8: option 'x', fleet, spot: 'interruptions_per_hour: -1' is not a number from 0 to 60",
        "o.yaml:11: option 'y': 'units: -1' is not a whole number from 1 to 1000000",
        "o.yaml:13: option 'y': 'input_tokens_per_minute_per_unit: -1' is not a number from 0 to "
          + "1000000000",
      ])
  }

  @Test("kinds of later versions are named as unknown") func laterKinds() {
    let faults = Replaying.faults("options: [{name: x, kind: serverless, route: []}]")
    #expect(
      faults == [
        "o.yaml:2: option 'x': kind 'serverless' is not known; Known: actual, api, rented, owned, "
          + "provisioned, hybrid"
      ])
  }

  @Test(
    "a field is refused, never ignored",
    arguments: [
      "{name: x, kind: rented, price_per_gpu_hour: 1, overflow: actual}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 1}, overflow: y}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 0}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 1, engine: vLLM}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 1, band: 1}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 1, input: 5}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, availability: 2}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, attributes: {data_stay: true}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, round_trip: 5 parsecs}",
      "{name: x, kind: provisioned, units: 1, price_per_unit_hour: 1}",
      "{name: x, kind: provisioned, price_per_unit_hour: 1, input_tokens_per_minute_per_unit: 1}",
      "{name: x, kind: provisioned, units: 1, input_tokens_per_minute_per_unit: 1}",
      "{name: x, kind: provisioned, units: 7, unit_step: 5, price_per_unit_hour: 1,"
        + " input_tokens_per_minute_per_unit: 1}",
      "{name: x, kind: provisioned, units: 5, minimum_units: 15, price_per_unit_hour: 1,"
        + " input_tokens_per_minute_per_unit: 1}",
      "{name: x, kind: hybrid, route: []}",
      "{name: x, kind: hybrid, route: [{to: x}]}",
      "{name: x, kind: hybrid, route: [{to: nobody}]}",
      "{name: x, kind: hybrid, route: [{when: {hours: [1]}, to: actual}]}",
      "{name: x, kind: hybrid, route: [{to: actual}], failover: {from: actual, to: actual}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, fleet: {max: 0}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, serving: {single_stream_tok_s: 1, profile: y}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, slo: {end_to_end_p95: 1s}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, fleet: {idle: free}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, fleet: {replicas: 1.5}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, billing: {minimum: 9000000d}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1, instance: {price_per_hour: 1, gpus: 8}}",
      "{name: x, kind: rented, price_per_gpu_hour: 1e30}",
      "{name: x, kind: rented, price_per_gpu_hour: -1}",
      "{name: x, kind: rented, price_per_gpu_hour: [3, 2]}",
      "{name: x, kind: api, price: {input: 1}}",
      "{name: x, kind: api, price: {input: 1, output: 1}, limits: {tokens_per_minute: 0}}",
      "{name: x, kind: api, price: {input: 1, output: 1}, batch: {share: 2, discount: 0.5}}",
      "{name: x, kind: owned, capex: {a: 100}, life_months: 10, residual: 500}",
      "{name: x, kind: owned, capex: {a: 100}, life_months: 0}",
      "{name: x, kind: owned, capex: {a: 1}, life_months: 1, power: {price_per_kwh: 1}}",
      "{name: x, kind: owned, capex: {a: 1}, life_months: 1, fleet: {redundancy: 1}}",
      "{name: x, kind: actual, price: {input: 1, output: 1}}",
    ])
  func refused(option: String) {
    #expect(Replaying.faults("options:\n  - " + option).count == 1)
  }

  @Test("options that name each other in a circle are named with it") func circle() {
    let faults = Replaying.faults(
      """
      options:
        - {name: a, kind: hybrid, route: [{to: b}]}
        - {name: b, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 1}, overflow: a}
      """)
    #expect(
      faults == [
        "o.yaml:3: option 'a': 'route: to' leads back to itself: a -> b -> a",
        "o.yaml:4: option 'b': 'overflow' leads back to itself: b -> a -> b",
      ])
  }

  @Test("a quality gap against itself is a circle, too") func gapCircle() {
    #expect(
      Replaying.faults(
        """
        options:
          - {name: a, kind: owned, capex: {x: 1}, life_months: 1, quality_gap: {rerun_share: 0.1, on: b}}
          - {name: b, kind: hybrid, route: [{to: a}]}
        """) == [
          "o.yaml:3: option 'a': 'quality_gap: on' leads back to itself: a -> b -> a",
          "o.yaml:4: option 'b': 'route: to' leads back to itself: b -> a -> b",
        ])
  }

  @Test("numbers as large as a file may hold never stop the program") func largest() throws {
    let comparison = try Replaying.comparison(
      """
      people: {hourly_rate: 999999999.999999999, fte_year: 999999999.999999999}
      options:
        - {name: a, kind: rented, price_per_gpu_hour: 999999999.123456789,
           gpus_per_replica: 9999.123456789, serving: {single_stream_tok_s: 0.001000001},
           fleet: {replicas: 9999, redundancy: 9999}}
        - {name: b, kind: rented, price_per_gpu_hour: 999999999.123456789,
           billing: {granularity: hour, minimum: 366d},
           serving: {single_stream_tok_s: 0.001000001}, fleet: {replicas: 9999, idle: free}}
        - {name: c, kind: owned, capex: {a: 999999999.999999999}, life_months: 1.000000001,
           power: {load_kw: 99999.999999999, idle_kw: 99999.999999999,
                   price_per_kwh: 99999.999999999, pue: 9.999999999, hours_per_day: 23.999999999},
           people: {setup: {hours: 999999999.999999999, spread_months: 1.000000001}}}
        - {name: d, kind: api, price: {input: 999999.999999, output: 999999.999999},
           token_ratio: {"*": 999.999999999}, batch: {share: 0.999999999, discount: 0.999999999}}
        - {name: e, kind: api, price: {input: 0.000001, output: 0.000001}}
        - {name: f, kind: rented, price_per_gpu_hour: 999999999.123456789, fleet: {replicas: 9999},
           throughput: {total_tok_s: 9999999.123456789, batching_factor: 99.123456789,
                        band: 0.999999999, headroom: 0.999999999, peak_factor: 9999.123456789}}
        - {name: g, kind: rented, price_per_gpu_hour: 999999999.123456789,
           billing: {granularity: hour}, fleet: {replicas: 9999, idle: free},
           throughput: {total_tok_s: 0.000000001}}
        - {name: h, kind: provisioned, units: 1000000, price_per_unit_hour: 999999999.123456789,
           input_tokens_per_minute_per_unit: 999999999.123456789, output_weight: 999.123456789}
        - {name: i, kind: provisioned, units: 1, price_per_unit_hour: 0.000000001,
           input_tokens_per_minute_per_unit: 0.000000001, cached_weight: 0.000000001}
      """,
      Replaying.history([Replaying.request(at: 0, input: 999_999_999_999)]))
    for option in comparison.options where option.name != "e" && option.total == nil {
      #expect(option.reasons.contains { $0.hasPrefix("cannot be priced: an amount is beyond") })
    }
    #expect(comparison.options[0].total == nil)
    #expect(comparison.options[4].totalText == "0.999999999999")
  }
}
