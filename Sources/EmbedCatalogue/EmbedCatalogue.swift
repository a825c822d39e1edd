import Foundation
import PackagePlugin

/// Makes one Swift file of string literals out of the price files, with their version and hash.
///
/// SwiftPM's own `embedInCode` writes an array of numbers, which takes the compiler minutes for a book of
/// half a megabyte; a string literal takes it under a second.
@main struct EmbedCatalogue: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Catalogue")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedCatalogue.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) price files",
        executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, "sh", output.path] + files.map(\.path),
        inputFiles: files, outputFiles: [output])
    ]
  }

  /// `$1` is the file to write, the others are the price files in order. Two `#` in what it writes keep quotes and
  /// backslashes of the YAML as they are.
  private let script = ###"""
    out=$1; shift
    hash=$(cat "$@" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-64)
    version=$(cat "$@" | grep -oE 'as_of: "?[0-9]{4}-[0-9]{2}-[0-9]{2}' | grep -oE '[0-9-]{10}$' |
      sort | tail -1)
    {
      echo 'extension Catalogue {'
      echo "  package static let version = \"$version\""
      echo "  package static let hash = \"$hash\""
      echo '  static let texts: [(provider: String, text: String)] = ['
      for file in "$@"; do
        printf '("%s", ##"""\n' "$(basename "$file" .yaml)"
        cat "$file"
        printf '\n"""##),\n'
      done
      echo '  ]'
      echo '}'
    } >"$out.new" && mv "$out.new" "$out"
    """###
}
