/// Exports that are told apart but not read, because there are no tokens in them or because the same
/// place exports something better.
enum UnreadExport {
  case openAICosts
  case logsInsightsTable

  init?(_ sample: Sample) {
    if sample.header.contains("@message") {
      self = .logsInsightsTable
      return
    }
    let isPage =
      sample.contains("\"organization.costs.result\"")
      && sample.documents.first?.has("data") == true
    let isTable =
      Set(sample.header).isSuperset(of: [
        "start_time", "end_time", "amount_value", "amount_currency",
      ])
    guard isPage || isTable else { return nil }
    self = .openAICosts
  }

  var advice: String {
    switch self {
    case .logsInsightsTable:
      "is a CloudWatch Logs Insights table: export the query's results as JSON instead"
    case .openAICosts:
      "is an OpenAI cost export: it has amounts but no tokens; export usage instead "
        + "(the usage page's Export, or /v1/organization/usage/completions)"
    }
  }
}
