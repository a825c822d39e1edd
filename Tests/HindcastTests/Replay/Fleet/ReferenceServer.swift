@testable import Replay

/// The scheduler's rules one iteration and one token at a time, with lists and no cleverness: what the
/// real one, which jumps, must agree with.
struct ReferenceServer {
  struct Request {
    var id: Int
    var arrival: Double
    /// Tokens to read before decoding, of which `processed` are there.
    var target: Int
    var processed: Int
    var total: Int
    var blocks = 0
    var isDecoding: Bool { processed > target }
  }

  var time: (_ tokens: Int, _ context: Int, _ pairs: Double) -> Double
  var batching: Batching
  var iterations = 0
  var evictions = 0
  var firstToken: [Double] = []
  var completed: [Double] = []
  private var running: [Request] = []
  private var queue: [Request] = []
  private var free = 0

  init(
    _ batching: Batching, time: @escaping (_ tokens: Int, _ context: Int, _ pairs: Double) -> Double
  ) {
    self.batching = batching
    self.time = time
  }

  mutating func serve(_ load: Load) {
    firstToken = [Double](repeating: .nan, count: load.count)
    completed = firstToken
    free = batching.blocks
    var next = 0
    var now = 0.0
    while next < load.count || !running.isEmpty || !queue.isEmpty {
      if running.isEmpty, queue.isEmpty { now = max(now, load.arrival(next)) }
      while next < load.count, load.arrival(next) <= now {
        let size = load.size(next)
        queue.append(
          Request(
            id: next, arrival: load.arrival(next), target: Int(size.prompt),
            processed: Int(size.cached), total: size.total))
        next += 1
      }
      iterate(&now, load)
    }
  }

  private mutating func iterate(_ now: inout Double, _ load: Load) {
    var decodes: [Int] = []
    var context = 0
    for id in running.filter(\.isDecoding).map(\.id).sorted() {
      guard let place = running.firstIndex(where: { $0.id == id }) else { continue }
      while free == 0, let last = running.map(\.id).max() {
        evict(last, load)
        if last == id { break }
      }
      guard running.contains(where: { $0.id == id }) else { break }
      if running[place].blocks * batching.blockSize < running[place].processed {
        running[place].blocks += 1
        free -= 1
      }
      decodes.append(id)
      context += running[place].processed
    }
    var tokens = decodes.count
    var pairs = 0.0
    var chunks: [Int: Int] = [:]
    func chunk(_ request: Request) -> Int {
      max(0, min(request.target - request.processed, batching.tokenBudget - tokens))
    }
    func pairsOf(_ request: Request, _ chunk: Int) -> Double {
      // Query k of the chunk looks at everything before it and itself.
      (0..<chunk).reduce(0.0) { $0 + Double(request.processed + $1 + 1) }
    }
    for request in running where !request.isDecoding {
      let size = chunk(request)
      chunks[request.id] = size
      tokens += size
      pairs += pairsOf(request, size)
    }
    while let head = queue.first, running.count < batching.maxSequences, chunk(head) > 0 {
      let need = (head.target + batching.blockSize - 1) / batching.blockSize
      guard free - need >= (running.isEmpty ? 0 : batching.watermark) else { break }
      var request = queue.removeFirst()
      request.blocks = need
      free -= need
      running.append(request)
      let size = chunk(request)
      chunks[request.id] = size
      tokens += size
      pairs += pairsOf(request, size)
    }
    guard tokens > 0 else { return }
    now += time(tokens, context, pairs)
    iterations += 1
    for place in running.indices {
      if decodes.contains(running[place].id) {
        running[place].processed += 1
      } else if let chunk = chunks[running[place].id] {
        running[place].processed += chunk
        if running[place].processed == running[place].target {
          running[place].processed += 1
          let id = running[place].id
          if firstToken[id].isNaN { firstToken[id] = now }
        }
      }
    }
    for request in running where request.isDecoding && request.processed == request.total {
      completed[request.id] = now
      free += request.blocks
    }
    running.removeAll { $0.isDecoding && $0.processed == $0.total }
  }

  private mutating func evict(_ id: Int, _ load: Load) {
    guard let place = running.firstIndex(where: { $0.id == id }) else { return }
    var request = running.remove(at: place)
    evictions += 1
    free += request.blocks
    request.blocks = 0
    if request.isDecoding { request.target = request.processed }
    request.processed = Int(load.size(id).cached)
    queue.insert(request, at: 0)
  }
}
