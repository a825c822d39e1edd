import Usage

/// What a page leaves out because its reader asked for it; stands beside the period on every page.
package struct Scope: Sendable {
  /// `--where`: key and value.
  package var filters: [(key: String, value: String)]
  package var excludedSources: [String]

  package init(filters: [(key: String, value: String)] = [], excludedSources: [String] = []) {
    self.filters = filters
    self.excludedSources = excludedSources
  }

  /// The period with its zone and limits: `2026-09-01 to 2026-09-30, time zone UTC, only model=m`.
  func describe(_ period: Period) -> String {
    let limits =
      filters.map { "only \($0.key)=\($0.value)" } + excludedSources.map { "without \($0)" }
    return ([Reports.describe(period)] + limits).joined(separator: ", ")
  }

  var members: [JSONValue.Member] {
    [
      .init(
        "where",
        .array(
          filters.map {
            .object([.init("key", .string($0.key)), .init("value", .string($0.value))])
          })),
      .init("excludedSources", .strings(excludedSources)),
    ]
  }
}
