import GRDB

/// A row of a run whose request is in the ledger.
struct IdentityMatch {
  /// In the run.
  var place: Int
  var location: Location
}

/// Looks keys up in all segments; the work is one pass over those of their pages that may have one.
struct IdentityLookup {
  private var segments: [SegmentSearch]

  init(_ segments: [SegmentSearch]) { self.segments = segments }

  /// The rows of `run` whose requests are in the ledger, in its order. Runs come in ascending order.
  mutating func matches(_ run: [KeyedRow]) throws -> [IdentityMatch] {
    var found: [IdentityMatch] = []
    for i in segments.indices { try segments[i].find(run, &found) }
    return segments.count == 1 ? found : found.sorted { $0.place < $1.place }
  }
}

/// Looks keys that come in ascending order up in one segment, a page in memory at a time.
struct SegmentSearch {
  private let db: Database
  private let pages: [(id: Int64, first: IdentityKey, last: IdentityKey)]
  private var nextPage = 0
  private var page = IdentityPage.empty
  private var place = 0

  init(_ db: Database, segment: Int64) throws {
    self.db = db
    pages = try SegmentReader.pages(db, segment)
  }

  /// Notes where the requests with the keys of `run` are. Runs come in ascending order.
  mutating func find(_ run: [KeyedRow], _ found: inout [IdentityMatch]) throws {
    guard let last = run.last?.key else { return }
    var next = 0
    while next < run.count {
      if place >= page.count {
        guard try enterPage(from: run[next].key, through: last) else { return }
      }
      (next, place) = join(run, from: next, &found)
    }
  }

  /// Reads the next page that may have one of the keys; false when none does. A few requests are looked
  /// up in a ledger of millions: pages between their keys are not read.
  private mutating func enterPage(
    from first: IdentityKey, through last: IdentityKey
  ) throws -> Bool {
    while nextPage < pages.count, pages[nextPage].last < first { nextPage += 1 }
    guard nextPage < pages.count, pages[nextPage].first <= last else { return false }
    page = try SegmentReader.page(db, pages[nextPage])
    nextPage += 1
    place = 0
    return true
  }

  /// Goes on to the end of the run or of the page, whichever comes first; returns where in both.
  private func join(
    _ run: [KeyedRow], from start: Int, _ found: inout [IdentityMatch]
  ) -> (run: Int, page: Int) {
    let highs = page.highs.span
    let rows = run.span
    var i = start
    var j = place
    while i < rows.count, j < highs.count {
      let wanted = rows[i].high
      let high = highs[j]
      guard high == wanted else {
        // Added, not branched on: which of two random keys is the smaller one nobody can foresee.
        i &+= wanted < high ? 1 : 0
        j &+= high < wanted ? 1 : 0
        continue
      }
      let entry = page[j]
      let key = rows[i].key
      if entry.key == key { found.append(IdentityMatch(place: i, location: entry.location)) }
      // Copies of one key follow each other in the run; its request is in the index once.
      if entry.key < key { j += 1 } else { i += 1 }
    }
    return (i, j)
  }
}
