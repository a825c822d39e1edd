import Usage

/// What a deployment of known throughput could do, and what it did of a history.
extension Deployment {
  /// What the served part of a history takes.
  struct Share {
    var capacity: Capacity
    var busy: Busy
    /// Hours that are paid for where idle time is free, for a low, a middle and a high cost.
    var billedHours: [Quantity]?
  }

  /// Time that the served tokens take, for a low, a middle and a high cost.
  struct Busy {
    /// Tokens an hour of all replicas; low is the fastest.
    var perHour: [ExactDecimal]
    /// What is served at each.
    var served: [History]

    var hours: [Quantity] {
      zip(perHour, served).map {
        Quantity(
          numerator: Int128($1.sums.tokens.total) * ExactDecimal.powerOfTen($0.scale),
          denominator: max(1, $0.units))
      }
    }

    /// The same, to be kept.
    var withoutRequests: Busy {
      var copy = self
      for i in copy.served.indices { copy.served[i].requests = [] }
      return copy
    }
  }

  /// Applies `throughput`; nil without one. `bill` says what served work costs in hours.
  func share(
    _ replay: ReplayContext, replicas: Int128, hoursPerDay: ExactDecimal, _ cost: inout OptionCost,
    bill: (Busy) -> [Quantity]? = { _ in nil }
  ) -> Share? {
    guard let throughput, let rate = throughput.rate(for: replay.history.sums.tokens) else {
      return nil
    }
    let count = ExactDecimal(units: replicas)
    let perHour = DecimalRange(low: rate.perHour.low * count, high: rate.perHour.high * count)
    let rates = [perHour.high, perHour.middle, perHour.low]
    // By rate, the middle one first.
    var served = [replay.history]
    var over = [replay.history.emptied]
    if let overflow {
      let parts = replay.parts("overflow") {
        (perHour.isRange ? [rates[1], rates[0], rates[2]] : [rates[1]]).flatMap { rate in
          let whole = rate.units / ExactDecimal.powerOfTen(rate.scale)
          let (served, over) = WindowedLoad.split(
            replay.history, width: WindowedLoad.hour, capacity: Int64(clamping: whole)
          ) { $0.tokens.total }
          return [served, over]
        }
      }
      served = stride(from: 0, to: parts.count, by: 2).map { parts[$0] }
      over = stride(from: 1, to: parts.count, by: 2).map { parts[$0] }
      cost.overflowing = .byCapacity
      replay.price(overflow: over[0], ends: Array(over[1...]), on: overflow, &cost)
    }
    let share = replay.once("throughput") {
      let busy = Busy(
        perHour: rates,
        served: served.count == 3
          ? [served[1], served[0], served[2]] : rates.map { _ in served[0] })
      var capacity = capacity(rate, perHour.middle, served[0], replay, hoursPerDay, replicas)
      capacity.overflowTokens = over[0].sums.tokens.total
      capacity.overflowRequests = over[0].sums.requests
      let billed = bill(busy)
      return Share(capacity: capacity, busy: busy.withoutRequests, billedHours: billed)
    }
    cost.capacity = share.capacity
    cost.assumptions += rate.notes
    cost.assumptions.append(
      "Throughput \(perHour.middle.rounded(over: 3600, to: 1)) tokens a second from \(rate.source); "
        + "no waiting is simulated.")
    if overflow == nil { objection(share.capacity, hoursPerDay).map { cost.reasons.append($0) } }
    return share
  }

  private func capacity(
    _ rate: Throughput.Rate, _ perHour: ExactDecimal, _ served: History, _ replay: ReplayContext,
    _ hoursPerDay: ExactDecimal, _ replicas: Int128
  ) -> Capacity {
    let period = Int128(served.period.microseconds)
    // Hours on = period / 3.6e9 us x hours a day / 24.
    let on = [period, hoursPerDay.units]
    let onDivisors: [Int128] = [3_600_000_000, 24, ExactDecimal.powerOfTen(hoursPerDay.scale)]
    let scale = ExactDecimal.powerOfTen(perHour.scale)
    func perPeriod(_ more: Int128, _ less: Int128) -> Int128? {
      exactQuotient(on + [perHour.units, more], over: onDivisors + [scale, less])
    }
    let tokens = Int128(replay.history.sums.tokens.total)
    let inPeriod = perPeriod(1, 1) ?? 0
    let hourly = WindowedLoad(replay.history, width: WindowedLoad.hour) { $0.tokens.total }
    let mean = ExactDecimal(
      units: exactQuotient([tokens, 1_000_000_000_000], over: [period]) ?? 0, scale: 6)
    let peak =
      throughput?.peakFactor.map { $0 * mean }
      ?? ExactDecimal(
        units: (Int128(hourly.peak) * 1_000_000).dividedHalfToEven(by: 3600), scale: 6)
    let free = ExactDecimal.one - (throughput?.headroom ?? .zero)
    let each = (perHour * free).limited  // of all replicas, an hour
    // Millionths of a replica, then rounded up.
    let parts =
      each.isZero
      ? 0
      : wholeQuotient(
        [peak.units, 3600, replicas, ExactDecimal.powerOfTen(each.scale), 1_000_000],
        over: [each.units, ExactDecimal.powerOfTen(peak.scale)]) ?? 0
    return Capacity(
      totalPerSecond: perHour.divided(by: 3600),
      outputPerSecond: rate.mix.map {
        ExactDecimal(
          units: exactQuotient(
            [perHour.units, Int128($0.output), 1_000_000], over: [3600, Int128($0.all)]) ?? 0,
          scale: perHour.scale + 6
        ).reduced
      },
      activeHours: ExactDecimal(
        units: exactQuotient(on + [1_000_000], over: onDivisors) ?? 0, scale: 6
      ).reduced,
      tokensInPeriod: inPeriod,
      outputTokensInPeriod: rate.mix.flatMap { perPeriod(Int128($0.output), Int128($0.all)) },
      utilisation: inPeriod == 0 ? 0 : Double(served.sums.tokens.total) / Double(inPeriod),
      neededPerSecond: ExactDecimal(
        units: exactQuotient(
          [tokens, 1_000_000] + onDivisors, over: on + [3600]) ?? 0, scale: 6
      ).reduced,
      peakPerSecond: peak.reduced,
      replicasForPeak: (parts + 999_999) / 1_000_000,
      requestsPerHour: tokens == 0 || replay.history.sums.unknownRequests > 0
        ? nil
        : wholeQuotient(
          [perHour.units, Int128(replay.history.sums.requests)], over: [scale, tokens]),
      source: rate.source)
  }

  private func objection(_ capacity: Capacity, _ hoursPerDay: ExactDecimal) -> String? {
    let rate = capacity.totalPerSecond
    if capacity.neededPerSecond > rate {
      return "over capacity: the history needs \(capacity.neededPerSecond.text(1)) tokens a second"
        + (hoursPerDay < ExactDecimal(units: 24) ? " in \(hoursPerDay) h a day" : "")
        + ", there are \(rate.text(1))"
    }
    if capacity.peakPerSecond > rate {
      return
        "over capacity: the busiest hour needs \(capacity.peakPerSecond.text(1)) tokens a second, "
        + "there are \(rate.text(1))"
    }
    return nil
  }
}
