/// The decoding sequences of a server by the iteration that ends them: the next to finish first.
///
/// A key is the iteration counted from `origin` (32 bits) above the request's number (32 bits).
struct FinishHeap: Sendable {
  private(set) var keys: [UInt64] = []
  private var origin = 0

  var count: Int { keys.count }

  /// The earliest finish; only when not empty.
  @inline(__always)
  var first: Int { origin &+ Int(truncatingIfNeeded: keys[0] >> 32) }

  /// The number of the request at a place.
  @inline(__always)
  func id(_ place: Int) -> Int { Int(keys[place] & 0xFFFF_FFFF) }

  func finish(_ place: Int) -> Int { origin + Int(keys[place] >> 32) }

  /// `now` is the present iteration, at or before every finish.
  @inline(__always)
  mutating func push(id: Int, finish: Int, now: Int) {
    if finish &- origin > 0xFFFF_FFFF { rebase(to: now) }
    let key = UInt64(truncatingIfNeeded: finish &- origin) << 32 | UInt64(truncatingIfNeeded: id)
    var place = keys.count
    keys.append(key)
    var keys = keys.mutableSpan
    while place > 0 {
      let parent = (place &- 1) >> 1
      let other = keys[parent]
      if other <= key { break }
      keys[place] = other
      place = parent
    }
    keys[place] = key
  }

  /// The number of the request that finishes first.
  @inline(__always)
  mutating func pop() -> Int {
    let first = Int(truncatingIfNeeded: keys[0] & 0xFFFF_FFFF)
    let last = keys.removeLast()
    if !keys.isEmpty { sift(last, from: 0) }
    return first
  }

  mutating func remove(at place: Int) {
    let last = keys.removeLast()
    guard place < keys.count else { return }
    // The last key may belong above or below the gap; a new heap is cheap for what is rare.
    keys[place] = last
    for i in stride(from: keys.count / 2, through: 0, by: -1) { sift(keys[i], from: i) }
  }

  mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

  @inline(__always)
  private mutating func sift(_ key: UInt64, from start: Int) {
    var place = start
    var keys = keys.mutableSpan
    let count = keys.count
    while true {
      var child = 2 &* place &+ 1
      if child >= count { break }
      var childKey = keys[child]
      if child &+ 1 < count {
        let other = keys[child &+ 1]
        if other < childKey {
          childKey = other
          child &+= 1
        }
      }
      if key <= childKey { break }
      keys[place] = childKey
      place = child
    }
    keys[place] = key
  }

  /// Keeps the order: every key loses the same.
  @inline(never)
  private mutating func rebase(to iteration: Int) {
    let shift = UInt64(iteration - origin) << 32
    for i in keys.indices { keys[i] -= shift }
    origin = iteration
  }
}
