/// Requests that wait for a server, first come first served; evicted ones stand before all others.
struct WaitingLine: Sendable {
  private var ids: [UInt32] = []
  private var next = 0
  /// The one to go first is last.
  private var evicted: [(id: UInt32, target: UInt32)] = []

  /// The first of the line.
  struct Head {
    var id: Int
    /// Tokens to be in the cache before it can decode.
    var target: Int
    /// Those of them that prefix caching brings along.
    var done: Int
    var isEvicted: Bool
  }

  var count: Int { ids.count &- next &+ evicted.count }
  var isEmpty: Bool { next == ids.count && evicted.isEmpty }

  @inline(__always)
  func first(_ load: Load) -> Head? {
    if let last = evicted.last {
      let id = Int(last.id)
      return Head(
        id: id, target: Int(last.target), done: Int(load.size(id).cached), isEvicted: true)
    }
    guard next < ids.count else { return nil }
    let id = Int(ids[next])
    let size = load.size(id)
    return Head(id: id, target: Int(size.prompt), done: Int(size.cached), isEvicted: false)
  }

  @inline(__always)
  mutating func append(_ id: Int) {
    ids.append(UInt32(truncatingIfNeeded: id))
  }

  @inline(__always)
  mutating func removeFirst() {
    if !evicted.isEmpty {
      evicted.removeLast()
      return
    }
    next &+= 1
    // A line that never empties must not keep what has left it.
    if next >= 4096, next &* 2 > ids.count { forget() }
  }

  @inline(never)
  private mutating func forget() {
    ids.removeFirst(next)
    next = 0
  }

  mutating func putBack(_ id: Int, target: Int) {
    evicted.append((UInt32(truncatingIfNeeded: id), UInt32(truncatingIfNeeded: target)))
  }

  /// Empties the line.
  mutating func removeAll() -> [Int] {
    let all = evicted.reversed().map { Int($0.id) } + ids[next...].map(Int.init)
    evicted.removeAll()
    ids.removeAll()
    next = 0
    return all
  }
}
