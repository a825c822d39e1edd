import Foundation
import Usage
import UsageLogs

/// Paths as typed -> files to read, in a fixed order.
enum InputFiles {
  struct Listing {
    var files: [InputFile] = []
    /// Paths that cannot be read, each with its reason.
    var unreadable: [(path: String, reason: String)] = []
  }

  /// Folders are walked recursively in the order of their names; hidden files and what object stores
  /// put beside the logs are left out.
  static func list(_ paths: [String]) -> Listing {
    var listing = Listing()
    for path in paths {
      if path == "-" {
        listing.files.append(InputFile(path: path))
      } else if let facts = FileFacts(path) {
        if facts.kind == .folder {
          walk(path, into: &listing)
        } else {
          listing.files.append(InputFile(path: path, facts: facts))
        }
      } else {
        listing.unreadable.append((path, "no such file or folder"))
      }
    }
    return listing
  }

  private static func walk(_ folder: String, into listing: inout Listing) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      listing.unreadable.append((folder, "the folder cannot be listed"))
      return
    }
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = (folder.hasSuffix("/") ? folder : folder + "/") + name
      guard let facts = FileFacts(path) else {
        listing.unreadable.append((path, "a link that leads nowhere"))
        continue
      }
      switch facts.kind {
      case .folder:
        // Linked folders are not followed: they can lead in a circle.
        if !FileFacts.isLink(path) { walk(path, into: &listing) }
      case .other:
        // Opening a pipe that nobody writes to would wait for ever.
        listing.unreadable.append((path, "a pipe, socket or device; name it itself to read it"))
      case .file:
        // The object left out is written when logging is set up and holds no record.
        if name != "amazon-bedrock-logs-permission-check" {
          listing.files.append(InputFile(path: path, facts: facts))
        }
      }
    }
  }
}

/// A file to read, as it was when the paths were listed.
struct InputFile: Sendable {
  /// `-` for standard input.
  var path: String
  /// Bytes; 0 for what is no file.
  var size = 0
  var modified: Instant?

  init(path: String, facts: FileFacts? = nil) {
    self.path = path
    size = facts?.size ?? 0
    modified = facts?.modified
  }

  /// The path's last part.
  var name: String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}
