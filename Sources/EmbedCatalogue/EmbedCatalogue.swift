import Foundation
import PackagePlugin

/// Makes a Swift file of string literals out of every folder of YAML files in a target: an extension of the
/// type that the folder is named after, with the files' texts, version and hash.
///
/// SwiftPM's own `embedInCode` writes an array of numbers, which takes the compiler minutes for a book of
/// half a megabyte; a string literal takes it under a second.
@main struct EmbedCatalogue: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    try contents(of: target.directoryURL).compactMap { folder in
      let files = ((try? contents(of: folder)) ?? []).filter { $0.pathExtension == "yaml" }
      if files.isEmpty { return nil }
      let type = folder.lastPathComponent
      let output = context.pluginWorkDirectoryURL.appending(path: "Embedded\(type).swift")
      return .buildCommand(
        displayName: "Embedding \(files.count) files of \(type)",
        executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, "sh", output.path, type] + files.map(\.path),
        inputFiles: files, outputFiles: [output])
    }
  }

  private func contents(of folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.path < $1.path }
  }

  /// `$1` is the file to write, `$2` the type, the others are the files in order. Two `#` in what it writes keep quotes and
  /// backslashes of the YAML as they are.
  private let script = ###"""
    out=$1; type=$2; shift 2
    hash=$(cat "$@" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-64)
    version=$(cat "$@" | grep -oE 'as_of: "?[0-9]{4}-[0-9]{2}-[0-9]{2}' | grep -oE '[0-9-]{10}$' |
      sort | tail -1)
    {
      echo "extension $type {"
      echo "  package static let version = \"$version\""
      echo "  package static let hash = \"$hash\""
      echo '  static let texts: [(name: String, text: String)] = ['
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
