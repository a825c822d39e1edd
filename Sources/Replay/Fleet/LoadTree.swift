/// The servers of a large fleet by how loaded they are: the least loaded and those to be looked at again
/// are found in steps that grow with the logarithm of their number.
///
/// A binary tree in an array: the leaves are the servers in their order, each node above is the smaller of
/// both below it.
struct LoadTree {
  /// Leaves there is room for: a power of two.
  private let width: Int
  /// Requests above the server's number.
  private var loads: [Int]
  /// Until when nothing changes.
  private var quiet: [Double]
  /// By server: its leaf; -1 for those that are not here.
  private var places: [Int32]

  init(_ servers: [Int], _ views: [Replica.View]) {
    var width = 1
    while width < servers.count { width *= 2 }
    self.width = width
    loads = [Int](repeating: .max, count: 2 * width)
    quiet = [Double](repeating: .infinity, count: 2 * width)
    places = [Int32](repeating: -1, count: views.count)
    for (place, server) in servers.enumerated() {
      places[server] = Int32(place)
      loads[width + place] = views[server].outstanding << 32 | server
      quiet[width + place] = views[server].quietUntil
    }
    for node in stride(from: width - 1, to: 0, by: -1) { pull(node) }
  }

  /// The server with the fewest requests, the first of equals.
  var least: Int { loads[1] & 0xFFFF_FFFF }

  /// The servers in which something may have changed by now, in their order.
  func due(at time: Double) -> [Int] {
    var due: [Int] = []
    guard quiet[1] <= time else { return due }
    var open = [1]
    while let node = open.popLast() {
      if node >= width {
        due.append(loads[node] & 0xFFFF_FFFF)
        continue
      }
      if quiet[2 * node + 1] <= time { open.append(2 * node + 1) }
      if quiet[2 * node] <= time { open.append(2 * node) }
    }
    return due
  }

  mutating func update(_ server: Int, _ view: Replica.View) {
    guard server < places.count, places[server] >= 0 else { return }
    var node = width + Int(places[server])
    loads[node] = view.outstanding << 32 | server
    quiet[node] = view.quietUntil
    node >>= 1
    while node > 0 {
      pull(node)
      node >>= 1
    }
  }

  @inline(__always)
  private mutating func pull(_ node: Int) {
    loads[node] = min(loads[2 * node], loads[2 * node + 1])
    quiet[node] = min(quiet[2 * node], quiet[2 * node + 1])
  }
}
