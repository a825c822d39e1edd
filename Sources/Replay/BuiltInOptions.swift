/// Options that come with the program, each a small file as a user would write it.
package enum BuiltInOptions {
  package struct Entry: Sendable {
    package var name: String
    package var summary: String
    /// The option's fields, to stand under `options:`.
    package var yaml: String
  }

  package static func named(_ name: String) -> Entry? { all.first { $0.name == name } }

  /// One entry as a whole file.
  package static func file(_ entry: Entry) -> String {
    "schema: hindcast-options/1\noptions:\n" + entry.yaml
  }

  package static let all = [
    Entry(
      name: "actual", summary: "the history as it was: reported cost, else list price",
      yaml: """
          - name: actual
            kind: actual

        """),
    api("gpt-4o-mini", "openai/gpt-4o-mini"),
    api("gpt-4o", "openai/gpt-4o"),
    api("claude-3-haiku", "anthropic/claude-3-haiku"),
    api("azure-llama-3.3-70b", "azure/llama-3.3-70b-instruct"),
    api("openrouter-llama-3.3-70b", "openrouter/meta-llama/llama-3.3-70b-instruct"),
    Entry(
      name: "h100-rental", summary: "one H100 80 GB, always on, 4.42 USD an hour",
      yaml: """
          - name: h100-rental
            kind: rented
            gpu: H100-SXM-80GB
            # "Cloud vs. Self-hosting Your AI": 4.42 USD an hour on demand, 24 tokens a second
            price_per_gpu_hour: 4.42
            serving: {single_stream_tok_s: 24}

        """),
    Entry(
      name: "a100-rental", summary: "one A100 80 GB, always on, 1.79 USD an hour",
      yaml: """
          - name: a100-rental
            kind: rented
            gpu: A100-80GB
            # "LLM GPU or API? The Cost Will Surprise You", 2025-03-30: 1.79 USD a GPU and hour
            price_per_gpu_hour: 1.79

        """),
    Entry(
      name: "two-4090", summary: "an own machine with two RTX 4090, 10,000 USD over five years",
      yaml: """
          - name: two-4090
            kind: owned
            # "Cloud vs. Self-hosting Your AI": 10,000 USD, five years, 24 tokens a second
            capex: {machine: 10000}
            life_months: 60
            # 1.05 kW is two cards at 450 W and the rest of the machine; 0.30 USD a kWh
            power: {load_kw: 1.05, price_per_kwh: 0.30, pue: 1.0}
            serving: {single_stream_tok_s: 24}
            attributes: {data_stays: true, offline: true}

        """),
    Entry(
      name: "azure-ptu-gpt-4o", summary: "15 Azure provisioned units of GPT-4o, the rest as it was",
      yaml: """
          - name: azure-ptu-gpt-4o
            kind: provisioned
            # Azure docs, 2026-03-20: a unit takes 2,500 input tokens a minute; 15 at least, in fives
            # A month's reservation is 260 USD a unit (archera.ai, 2026-03); output counts four times.
            units: 15
            minimum_units: 15
            unit_step: 5
            price_per_unit_month: 260
            input_tokens_per_minute_per_unit: 2500
            output_weight: 4
            overflow: gpt-4o

        """),
    Entry(
      name: "nights-on-two-4090",
      summary: "the two RTX 4090 from 22 to 6 o'clock, gpt-4o-mini else",
      yaml: """
          - name: nights-on-two-4090
            kind: hybrid
            route:
              - {when: {hours: [22, 6]}, to: two-4090}
              - {to: gpt-4o-mini}

        """),
  ]

  private static func api(_ name: String, _ model: String) -> Entry {
    Entry(
      name: name, summary: "every request on \(model) at list price",
      yaml: """
          - name: \(name)
            kind: api
            models: {"*": \(model)}

        """)
  }

  /// What `hindcast options init` writes.
  package static let starter = """
    # Hosting options for hindcast replay. Check with: hindcast options check FILE
    # Numbers are read as decimal text; [low, high] gives a range.
    schema: hindcast-options/1
    currency: USD
    month_hours: calendar        # real hours of the month; or 720, 730
    baseline: actual             # what differences are measured against
    # require: [data_stays]      # options without it are shown as not eligible
    # exclude: {tag: experiment} # history left out of the decision, and named
    # people: {hourly_rate: 150, fte_year: 300000}

    options:
      - name: actual             # reported cost, else list price at each request's time
        kind: actual

      - name: gpt-4o-mini        # every request on another API, at list price
        kind: api
        models: {"*": openai/gpt-4o-mini}

      - name: my-contract        # an API at your own price, per 1,000,000 tokens
        kind: api
        price: {input: 0.12, output: 0.30, cache_read: 0.06}

      - name: h100-rental        # a rented GPU, always on
        kind: rented
        gpu: H100-SXM-80GB
        gpus_per_replica: 1
        price_per_gpu_hour: 4.42
        # instance: {price_per_hour: 14.32, gpus: 8}   where eight are the smallest unit sold
        # other_per_hour: 1.50                         processors, storage, network
        serving: {single_stream_tok_s: 24}
        # billing: {granularity: second, minimum: 60s}
        # fleet: {replicas: 1, redundancy: 0, idle: billed}   idle: free pays for busy time alone

      # - name: batched          # a measured throughput instead of one stream; does the model fit?
      #   kind: rented
      #   gpu: A100-SXM-80GB
      #   gpus_per_replica: 4
      #   model: llama-3.3-70b
      #   precision: fp16
      #   price_per_gpu_hour: 1.79
      #   throughput: {engine: TensorRT-LLM}      or {total_tok_s: 670}
      #   overflow: gpt-4o-mini                   what does not fit goes there

      - name: own-machine        # bought hardware
        kind: owned
        capex: {gpus: 7000, rest: 3000}
        life_months: 60
        residual: 0
        power: {load_kw: 1.05, idle_kw: 0.10, price_per_kwh: 0.30, pue: 1.0, hours_per_day: 24}
        # colocation_per_month: 0
        # people: {setup: {hours: 80, spread_months: 12}, running: {fte: 0.2}}
        serving: {single_stream_tok_s: 24}
        attributes: {data_stays: true, offline: true}

      # - name: reserved         # provisioned throughput, paid for used or not
      #   kind: provisioned
      #   units: 15
      #   price_per_unit_month: 260
      #   input_tokens_per_minute_per_unit: 2500
      #   output_weight: 4
      #   overflow: gpt-4o-mini

      # - name: mixed            # rules; the first that fits wins
      #   kind: hybrid
      #   route:
      #     - {when: {step: extract}, to: own-machine}
      #     - {to: gpt-4o-mini}

    """
}
