/// Exports that are told apart but not read, because there are no tokens in them.
enum UnreadExport {
  case openAICosts

  init?(_ sample: Sample) {
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
    case .openAICosts:
      "is an OpenAI cost export: it has amounts but no tokens; export usage instead "
        + "(the usage page's Export, or /v1/organization/usage/completions)"
    }
  }
}
