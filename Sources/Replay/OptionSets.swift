/// Whole options files that come with the program: the articles that the project started from, as far as
/// they can be computed, and beside them what they leave out.
///
/// `texts` is written by the build from OptionSets/*.yaml.
package enum OptionSets {
  package struct Entry: Sendable {
    package var name: String
    package var summary: String
    package var yaml: String
  }

  package static func named(_ name: String) -> Entry? { all.first { $0.name == name } }

  private static let summaries = [
    ("cloud-vs-self-hosting", "two RTX 4090 of one's own, GPT 4.0 and a rented H100"),
    ("gpu-or-api", "Llama 3.3 70B by API against a rented A100"),
    ("hidden-costs", "three to five A100 and the work around them"),
    ("self-hosting-math", "a home server with two RTX 3090 against cheap APIs"),
  ]

  /// A file without a summary is not offered.
  package static var all: [Entry] {
    summaries.compactMap { name, summary in
      texts.first { $0.name == name }.map {
        Entry(name: name, summary: summary, yaml: $0.text)
      }
    }
  }
}
