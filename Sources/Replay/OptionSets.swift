/// Whole options files that come with the program: the articles that the project started from, as far as
/// they can be computed, and beside them what they leave out.
package enum OptionSets {
  package struct Entry: Sendable {
    package var name: String
    package var summary: String
    package var yaml: String
  }

  package static func named(_ name: String) -> Entry? { all.first { $0.name == name } }

  package static var all: [Entry] {
    [
      Entry(
        name: "cloud-vs-self-hosting",
        summary: "two RTX 4090 of one's own, GPT 4.0 and a rented H100",
        yaml: text(PackageResources.cloud_vs_self_hosting_yaml)),
      Entry(
        name: "gpu-or-api", summary: "Llama 3.3 70B by API against a rented A100",
        yaml: text(PackageResources.gpu_or_api_yaml)),
      Entry(
        name: "hidden-costs", summary: "three to five A100 and the work around them",
        yaml: text(PackageResources.hidden_costs_yaml)),
      Entry(
        name: "self-hosting-math", summary: "a home server with two RTX 3090 against cheap APIs",
        yaml: text(PackageResources.self_hosting_math_yaml)),
    ]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
