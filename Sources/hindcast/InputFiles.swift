import CSystem
import Foundation
import Usage
import UsageLogs

/// Paths as typed -> files to read, in a fixed order.
enum InputFiles {
  struct Listing {
    var files: [InputFile] = []
    /// Paths that cannot be read, each with its reason.
    var unreadable: [(path: String, reason: String)] = []
    fileprivate var settled = SettledFiles(now: .now)
    /// Of the ledger that they are read into: no log, though it may stand in a folder of them.
    fileprivate var ledger: FileFacts.Place?
    fileprivate var walked: Set<FileFacts.Place> = []
    fileprivate var linked: [(path: String, folder: FileFacts.Place)] = []

    fileprivate mutating func add(_ path: String, _ facts: FileFacts) {
      files.append(InputFile(path: path, facts: facts, state: settled.state(of: facts)))
    }
  }

  /// Folders are walked recursively in the order of their names; hidden files, the ledger itself and
  /// what object stores put beside the logs are left out. Linked folders are not followed, for they may
  /// lead anywhere: those that lead out of the folders walked are told.
  static func list(_ paths: [String], ledger: String? = nil, now: Instant = .now) -> Listing {
    var listing = Listing()
    listing.settled = SettledFiles(now: now)
    listing.ledger = ledger.flatMap { FileFacts($0)?.place }
    for path in paths {
      if path == "-" {
        listing.files.append(InputFile(path: path))
      } else if let facts = FileFacts(path) {
        if facts.kind == .folder {
          walk(path, facts, into: &listing)
        } else {
          listing.add(path, facts)
        }
      } else {
        listing.unreadable.append((path, "no such file or folder"))
      }
    }
    for link in listing.linked where !listing.walked.contains(link.folder) {
      listing.unreadable.append(
        (link.path, "a link to a folder, which is not followed; name it itself to read it"))
    }
    return listing
  }

  private static func walk(_ folder: String, _ facts: FileFacts, into listing: inout Listing) {
    listing.walked.insert(facts.place)
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
        if FileFacts.isLink(path) {
          listing.linked.append((path, facts.place))
        } else {
          walk(path, facts, into: &listing)
        }
      case .other:
        // Opening a pipe that nobody writes to would wait for ever.
        listing.unreadable.append((path, "a pipe, socket or device; name it itself to read it"))
      case .file:
        // The object left out is written when logging is set up and holds no record.
        if name != "amazon-bedrock-logs-permission-check", facts.place != listing.ledger {
          listing.add(path, facts)
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
  /// The same as long as its bytes are; nil where nobody can tell.
  var state: Fingerprint?

  init(path: String, facts: FileFacts? = nil, state: Fingerprint? = nil) {
    self.path = path
    self.state = state
    size = facts?.size ?? 0
    modified = facts?.modified
  }

  /// The path's last part.
  var name: String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}

/// Files whose bytes are as they were while the file system says so.
///
/// Every write changes a file's change time, which no program can set back. Not at once are changes told
/// that follow each other within one tick of the clock, or that are made through a memory map until the
/// page is written back (by default within 35 seconds). So a file must have been left alone for a while
/// before it was read.
private struct SettledFiles {
  let now: Instant
  /// By device.
  private var keepsChangeTimes: [UInt64: Bool] = [:]

  /// Microseconds.
  private static let leftAlone: Int64 = 300_000_000

  init(now: Instant) { self.now = now }

  mutating func state(of facts: FileFacts) -> Fingerprint? {
    let last = max(facts.changed, facts.modified)
    guard facts.kind == .file, last.microseconds <= now.microseconds - SettledFiles.leftAlone
    else { return nil }
    let known = keepsChangeTimes[facts.device]
    let isKept = known ?? (keeps_change_times(facts.device) != 0)
    if known == nil { keepsChangeTimes[facts.device] = isKept }
    return isKept ? facts.state : nil
  }
}

extension Instant {
  fileprivate static var now: Instant {
    Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
  }
}
