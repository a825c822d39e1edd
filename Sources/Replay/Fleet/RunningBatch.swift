/// What runs on a server: prompts being read, sequences that decode, and the KV-cache blocks they hold.
///
/// A sequence that decodes holds the blocks of its context; a prompt those of its whole length from its
/// admission on.
struct RunningBatch: Sendable {
  private let blockSize: Int
  /// Tokens that all blocks hold.
  private let cacheTokens: Int
  /// Tokens of the blocks that an admission leaves free.
  private let reservedTokens: Int
  private let isLimited: Bool
  /// Whether whole prompts run before the next decodes take their blocks.
  private let runsPrefillsFirst: Bool

  var prefills: [Prefill] = []
  private var prefillBlocks = 0
  private(set) var decoding = FinishHeap()
  /// Decode iterations so far; what finishes is kept by this count.
  private(set) var turn = 0
  /// Tokens that the decoding sequences read in the next iteration.
  private(set) var context = 0

  /// A prompt that is being read.
  struct Prefill: Sendable {
    var id: Int
    var done: Int
    var target: Int
    /// Tokens that the present iteration reads.
    var chunk: Int
    var blocks: Int
  }

  /// A request that lost its blocks, and how many tokens it must read again.
  struct Evicted {
    var id: Int
    var target: Int
  }

  init(_ batching: Batching) {
    blockSize = batching.blockSize
    cacheTokens = batching.blocks &* batching.blockSize
    reservedTokens = batching.watermark &* batching.blockSize
    isLimited = batching.blocks != Batching.unlimited
    runsPrefillsFirst = batching.policy == .prefillFirst
  }

  /// Requests that run.
  @inline(__always)
  var count: Int { decoding.count &+ prefills.count }
  @inline(__always)
  var isEmpty: Bool { decoding.count == 0 && prefills.isEmpty }

  // MARK: Sequences

  @inline(__always)
  mutating func begin(_ head: WaitingLine.Head, chunk: Int) {
    let blocks = blocks(for: head.target)
    prefills.append(
      Prefill(id: head.id, done: head.done, target: head.target, chunk: chunk, blocks: blocks))
    prefillBlocks &+= blocks
  }

  /// A prompt that is read becomes a sequence that decodes; true where its first token was its last.
  @inline(__always)
  mutating func end(_ prefill: Prefill, _ size: Load.Size) -> Bool {
    prefillBlocks &-= prefill.blocks
    let left = size.total &- prefill.target &- 1
    if left == 0 { return true }
    decoding.push(id: prefill.id, finish: turn &+ left, now: turn)
    context &+= prefill.target &+ 1
    return false
  }

  /// Every sequence has got so many more tokens.
  @inline(__always)
  mutating func decode(turns: Int) {
    turn &+= turns
    context &+= decoding.count &* turns
  }

  /// A request that has its last token; nil when none has.
  @inline(__always)
  mutating func popFinished(_ load: Load) -> Int? {
    guard decoding.count > 0, decoding.first == turn else { return nil }
    let id = decoding.pop()
    context &-= load.total(id)
    return id
  }

  /// Empties the batch.
  mutating func removeAll() -> [Int] {
    let ids = (0..<decoding.count).map { decoding.id($0) } + prefills.map(\.id)
    decoding.removeAll()
    prefills.removeAll()
    prefillBlocks = 0
    context = 0
    return ids
  }

  // MARK: Memory

  private func blocks(for tokens: Int) -> Int { (tokens &+ blockSize &- 1) / blockSize }

  /// Blocks of the decoding sequences after the decodes of the next iteration; `offset` -1 counts
  /// before those.
  private func exactBlocks(_ load: Load, offset: Int = 0) -> Int {
    var sum = 0
    for place in 0..<decoding.count { sum += blocks(for: context(of: place, load) + offset) }
    return sum
  }

  private func context(of place: Int, _ load: Load) -> Int {
    load.total(decoding.id(place)) - (decoding.finish(place) - turn)
  }

  /// Whether the next iteration's decodes surely find their blocks, and those `after` so many more.
  @inline(__always)
  mutating func isRoomy(after more: Int) -> Bool {
    // A context takes less than a block more than its tokens.
    context &+ decoding.count &* (more &+ blockSize &- 1)
      < cacheTokens &- prefillBlocks &* blockSize
  }

  /// Whether blocks for so many tokens are free beside the decoding sequences and the watermark.
  @inline(__always)
  mutating func hasRoom(for tokens: Int, _ load: Load) -> Bool {
    guard isLimited else { return true }
    let free =
      cacheTokens &- (isEmpty ? 0 : reservedTokens) &- prefillBlocks &* blockSize
    // A sequence takes less than a block more than its tokens, this one too.
    if context &+ tokens &+ decoding.count &* (blockSize &- 1) <= free { return true }
    return hasExactRoom(free &- blocks(for: tokens) &* blockSize, load)
  }

  @inline(never)
  private func hasExactRoom(_ room: Int, _ load: Load) -> Bool {
    let offset = runsPrefillsFirst ? -1 : 0
    if context + offset * decoding.count > room { return false }
    return exactBlocks(load, offset: offset) * blockSize <= room
  }

  /// How many iterations surely find blocks for all decodes.
  @inline(never)
  mutating func roomyTurns(_ load: Load) -> Int {
    var phases = [Int](repeating: 0, count: blockSize)
    for place in 0..<decoding.count { phases[context(of: place, load) % blockSize] += 1 }
    var free = cacheTokens / blockSize - 1 - prefillBlocks - exactBlocks(load, offset: -1)
    guard free >= 0 else { return 0 }
    // In `blockSize` turns every sequence takes one block.
    let rounds = free / decoding.count
    free -= rounds * decoding.count
    var turns = rounds * blockSize
    while true {
      let need = phases[(1 - turns % blockSize + blockSize) % blockSize]
      if need > free { return turns }
      free -= need
      turns += 1
    }
  }

  /// Gives each decode its block in order of arrival, evicting from the end where none is free: who
  /// lost theirs, the latest first.
  mutating func makeRoom(_ load: Load) -> [Evicted] {
    let before = exactBlocks(load, offset: -1)
    var free = cacheTokens / blockSize - prefillBlocks - before
    // Nearly always nobody has to go, and the order does not matter.
    if exactBlocks(load) - before < free { return [] }
    var evicted: [Evicted] = []
    var order = (0..<decoding.count).map {
      (id: decoding.id($0), context: context(of: $0, load))
    }
    order.sort { $0.id < $1.id }
    var next = 0
    while next < order.count {
      while free < 1 {
        if let prefill = prefills.last, prefill.id > order[order.count - 1].id {
          prefills.removeLast()
          prefillBlocks -= prefill.blocks
          free += prefill.blocks
          evicted.append(Evicted(id: prefill.id, target: prefill.target))
          continue
        }
        let victim = order.removeLast()
        stopDecoding(victim.id, context: victim.context)
        free += blocks(for: victim.context - 1)
        evicted.append(Evicted(id: victim.id, target: victim.context))
        if order.count == next { return evicted }
      }
      if (order[next].context - 1) % blockSize == 0 { free -= 1 }
      next += 1
    }
    return evicted
  }

  private mutating func stopDecoding(_ id: Int, context tokens: Int) {
    guard let place = (0..<decoding.count).first(where: { decoding.id($0) == id }) else { return }
    decoding.remove(at: place)
    context -= tokens
  }
}
