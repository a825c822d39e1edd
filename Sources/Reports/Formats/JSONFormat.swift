/// The documented JSON of each command.
package enum JSONFormat: ReportFormat {
  package static let name = "json"
  package static let fileEndings = ["json"]

  package static func render(_ report: Report, layout: Layout) -> [UInt8] { report.json.bytes }
}
