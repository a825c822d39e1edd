import Foundation

/// Paths as typed -> files to read, in a fixed order.
enum InputFiles {
  struct Listing {
    var files: [String] = []
    /// Paths that cannot be read, each with its reason.
    var unreadable: [(path: String, reason: String)] = []
  }

  /// Folders are walked recursively in the order of their names; hidden files and what object stores
  /// put beside the logs are left out.
  static func list(_ paths: [String]) -> Listing {
    var listing = Listing()
    for path in paths {
      if path == "-" {
        listing.files.append(path)
      } else if isFolder(path) {
        walk(path, into: &listing)
      } else if FileManager.default.fileExists(atPath: path) {
        listing.files.append(path)
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
      if isFolder(path) {
        if !isLink(path) { walk(path, into: &listing) }
      } else if !FileManager.default.fileExists(atPath: path) {
        listing.unreadable.append((path, "a link that leads nowhere"))
      } else if !isRegular(path) {
        // Opening a pipe that nobody writes to would wait for ever.
        listing.unreadable.append((path, "a pipe, socket or device; name it itself to read it"))
      } else if name != "amazon-bedrock-logs-permission-check" {
        // The object left out is written when logging is set up and holds no record.
        listing.files.append(path)
      }
    }
  }

  /// Whether the path is a folder or a link to one.
  private static func isFolder(_ path: String) -> Bool {
    let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    return type(of: url.path) == .typeDirectory
  }

  /// Whether the path is a file with bytes of its own, or a link to one.
  static func isRegular(_ path: String) -> Bool {
    type(of: URL(fileURLWithPath: path).resolvingSymlinksInPath().path) == .typeRegular
  }

  /// Linked folders are not followed: they can lead in a circle.
  private static func isLink(_ path: String) -> Bool {
    type(of: path) == .typeSymbolicLink
  }

  private static func type(of path: String) -> FileAttributeType? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
  }

  static func modified(_ path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }

  /// Bytes; 0 for what is no file.
  static func size(_ path: String) -> Int {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: target)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else { return 0 }
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }
}
