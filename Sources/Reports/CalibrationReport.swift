import Replay
import Usage

/// A fitted serving profile and how far it can be trusted.
package enum CalibrationReport {
  package static func make(_ calibration: Calibration, savedAs path: String?) -> Report {
    let table = comparisons(calibration)
    var document = Document(
      title: "Serving profile fitted to \(counted(Int64(calibration.requests), "request"))",
      facts: [
        "measured against predicted, for the later half of the requests, whose times the fit did not "
          + "see; then fitted to all"
      ],
      sections: [
        Document.Section(title: "Held out", table: table),
        Document.Section(title: "Profile", lines: lines(calibration.profile)),
      ], notes: calibration.notes)
    if let path { document.notes.append("Written to \(path): 'serving: {profile: \(path)}'.") }
    return Report(
      document: document,
      json: .object([
        .init("schemaVersion", .integer(1)), .init("requests", .integer(calibration.requests)),
        .init("learned", .integer(calibration.learned)),
        .init("replays", .integer(calibration.replays)),
        .init(
          "heldOut",
          .array(
            calibration.heldOut.map {
              .object([
                .init("name", .string($0.name)), .init("statistic", .string($0.statistic)),
                .init("measured", .number($0.measured)), .init("predicted", .number($0.predicted)),
                .init("error", .number($0.error)),
              ])
            })),
        .init("profile", json(calibration.profile)), .init("notes", .strings(calibration.notes)),
      ]), data: table)
  }

  package static func make(_ fit: BenchmarkFit, savedAs path: String?) -> Report {
    let table = Table(
      columns: [
        .init("input tokens", name: "input", isNumber: true),
        .init("output tokens", name: "output", isNumber: true),
        .init("decoding at once", name: "concurrency", isNumber: true),
        .init("ms per output token", name: "tpot_ms", isNumber: true),
        .init("error, fitted without it", name: "left_out_error", isNumber: true),
      ],
      rows: fit.points.enumerated().map { number, point in
        [
          .text(decimal(point.input, 1)), .text(decimal(point.output, 1)),
          .text(decimal(point.concurrency, 1)), .text(decimal(point.timePerOutputToken * 1000, 2)),
          .text(number < fit.leftOut.count ? percent(fit.leftOut[number]) : "unknown"),
        ]
      })
    var document = Document(
      title: "Serving profile fitted to \(counted(Int64(fit.points.count), "benchmark point"))",
      sections: [
        Document.Section(title: "Points", table: table),
        Document.Section(title: "Profile", lines: lines(fit.profile)),
      ], notes: fit.notes)
    if let path { document.notes.append("Written to \(path): 'serving: {profile: \(path)}'.") }
    return Report(
      document: document,
      json: .object([
        .init("schemaVersion", .integer(1)), .init("points", .integer(fit.points.count)),
        .init("leftOut", .array(fit.leftOut.map { .number($0) })),
        .init("profile", json(fit.profile)), .init("notes", .strings(fit.notes)),
      ]), data: table)
  }

  private static func comparisons(_ calibration: Calibration) -> Table {
    Table(
      columns: [
        .init("time", name: "time"), .init("of", name: "statistic"),
        .init("measured s", name: "measured_s", isNumber: true),
        .init("predicted s", name: "predicted_s", isNumber: true),
        .init("error", name: "error", isNumber: true),
      ],
      rows: calibration.heldOut.map {
        [
          .text($0.name), .text($0.statistic), .text(decimal($0.measured, 4)),
          .text(decimal($0.predicted, 4)), .text(percent($0.error)),
        ]
      })
  }

  private static func lines(_ profile: ProfileFile) -> [String] {
    profile.text.split(separator: "\n").map(String.init)
  }

  private static func json(_ profile: ProfileFile) -> JSONValue {
    .object([
      .init("name", .string(profile.name)), .init("source", .string(profile.source)),
      .init(
        "timeModel",
        .object(zip(["a", "b", "c", "d"], profile.coefficients).map { .init($0, .number($1)) })),
      .init("band", .number(profile.band)), .init("yaml", .string(profile.text)),
    ])
  }

  private static func percent(_ share: Double) -> String {
    (share < 0 ? "-" : "+") + decimal(abs(share) * 100, 1) + " %"
  }

  private static func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = Double(ExactDecimal.powerOfTen(digits))
    let units = Int128((min(max(value, -1e15), 1e15) * scale).rounded())
    return ExactDecimal(units: units, scale: digits).description
  }
}
