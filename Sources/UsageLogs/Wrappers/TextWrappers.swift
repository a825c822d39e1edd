import Usage

/// The wrappers that put something before a line: each looks at the front, and takes it or not.
///
/// Told apart by their first byte, so that a bare line costs a comparison or two.
enum TextWrappers {
  enum Step { case nothing, taken, piece(isLast: Bool) }

  static func take(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Step {
    guard i < end else { return .nothing }
    switch bytes[i] {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return takeDated(bytes, &i, end, &line)
    case UInt8(ascii: "["): return takePod(bytes, &i, end, &line)
    case UInt8(ascii: "("): return takeProcess(bytes, &i, end, &line)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
      if takeJournalShort(bytes, &i, end, &line) { return .taken }
      return takeService(bytes, &i, end, &line)
    default: return .nothing
    }
  }

  private static func takeDated(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Step {
    guard i + 20 < end, bytes[i + 4] == UInt8(ascii: "-"), bytes[i + 13] == UInt8(ascii: ":") else {
      return takeEpoch(bytes, &i, end, &line) ? .taken : takeService(bytes, &i, end, &line)
    }
    if bytes[i + 10] == UInt8(ascii: " ") {
      // Docker Desktop: `2026-04-19 12:18:36.268 | `. Other dates with a blank are the server's own.
      guard i + 26 <= end, bytes.equals(i + 23..<i + 26, " | "),
        let time = LineTime.iso(bytes, i..<i + 23)
      else { return .nothing }
      line.note(time)
      i += 26
      return .taken
    }
    guard bytes[i + 10] == UInt8(ascii: "T") else { return .nothing }
    var stop = i + 19
    while stop < end, bytes[stop] > 0x20 { stop += 1 }
    guard stop - i <= 40, let time = LineTime.iso(bytes, i..<stop) else { return .nothing }
    guard case .instant = time else { return .nothing }
    line.note(time)
    i = min(stop + 1, end)
    if let isLast = takeRuntimeTag(bytes, &i, end, &line) { return .piece(isLast: isLast) }
    if takeJournalUnit(bytes, &i, end, &line) { return .taken }
    takeLokiLabels(bytes, &i, end, &line)
    return .taken
  }

  /// Kubernetes CRI: `stdout F `, `stderr P:x `. Whether the line ends here; nil when it is not CRI.
  private static func takeRuntimeTag(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Bool? {
    guard i + 8 <= end,
      bytes.equals(i..<i + 7, "stdout ") || bytes.equals(i..<i + 7, "stderr "),
      bytes[i + 7] == UInt8(ascii: "P") || bytes[i + 7] == UInt8(ascii: "F"),
      i + 8 == end || bytes[i + 8] == UInt8(ascii: " ") || bytes[i + 8] == UInt8(ascii: ":")
    else { return nil }
    line.standardStream = bytes[i + 3] == UInt8(ascii: "o") ? 1 : 2
    let isLast = bytes[i + 7] == UInt8(ascii: "F")
    i = min(bytes.firstIndex(of: UInt8(ascii: " "), from: i + 7, to: end) + 1, end)
    return isLast
  }

  /// `1779264164496<TAB>2026-05-20T08:02:44.496Z<TAB>` of log shippers.
  private static func takeEpoch(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Bool {
    guard i + 14 <= end, bytes[i + 13] == 0x09, let milliseconds = Timestamp.digits(bytes, i, 13)
    else { return false }
    line.note(.instant(Int64(milliseconds) * 1000))
    i += 14
    let tab = bytes.firstIndex(of: 0x09, from: i, to: min(i + 40, end))
    if tab < min(i + 40, end), let time = LineTime.iso(bytes, i..<tab) {
      line.note(time)
      i = tab + 1
    }
    return true
  }

  /// kubectl `--prefix`: `[pod/vllm-0/server] `.
  private static func takePod(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Step {
    guard i + 5 < end, bytes.equals(i..<i + 5, "[pod/") else { return .nothing }
    let close = bytes.firstIndex(of: UInt8(ascii: "]"), from: i, to: min(i + 400, end))
    guard close + 1 < end, bytes[close] == UInt8(ascii: "]"), bytes[close + 1] == 0x20 else {
      return .nothing
    }
    line.note(container: bytes, i + 5..<close)
    i = close + 2
    return .taken
  }

  /// `(EngineCore_DP0 pid=9) ` of vLLM, `(ServeReplica:app:LLMServer pid=62683, ip=10.0.0.2) ` of Ray.
  private static func takeProcess(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Step {
    let limit = min(i + 240, end)
    let close = bytes.firstIndex(of: UInt8(ascii: ")"), from: i, to: limit)
    guard close < limit else { return .nothing }
    var name = i + 1
    while name < close, bytes[name] > 0x20 { name += 1 }
    guard name > i + 1, let pid = bytes.extracting(i..<close).firstIndex(of: " pid="),
      i + pid + 5 < close, Timestamp.digit(bytes[i + pid + 5]) != nil
    else { return .nothing }
    let isPartOfServer =
      names(bytes, i + 1..<name, "APIServer") || names(bytes, i + 1..<name, "EngineCore")
      || names(bytes, i + 1..<name, "Worker") || names(bytes, i + 1..<name, "VllmWorker")
      || names(bytes, i + 1..<name, "ApiServer") || names(bytes, i + 1..<name, "DPCoordinator")
    if !isPartOfServer { line.note(container: bytes, i + 1..<name) }
    line.note(process: bytes, i + 1..<close)
    i = close + 1
    if i < end, bytes[i] == 0x20 { i += 1 }
    return .taken
  }

  /// Whether a process is called `part`, with or without a number behind.
  private static func names(_ bytes: Span<UInt8>, _ name: Range<Int>, _ part: StaticString) -> Bool
  {
    let count = part.utf8CodeUnitCount
    return name.count >= count
      && bytes.equals(name.lowerBound..<name.lowerBound + count, part)
  }

  /// journald `short`: `Sep 22 23:46:42 host vllm[361991]: `; no year, the host's zone.
  private static func takeJournalShort(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Bool {
    guard i + 20 < end, bytes[i + 3] == 0x20, bytes[i + 6] == 0x20,
      bytes[i + 9] == UInt8(ascii: ":"), let month = month(bytes, i),
      let units = Timestamp.digit(bytes[i + 5]), let clock = LineTime.clock(bytes, i + 7)
    else { return false }
    let tens = Timestamp.digit(bytes[i + 4]) ?? 0
    guard let moment = LineTime.moment(month: month, day: tens * 10 + units, clock: clock) else {
      return false
    }
    var unit = bytes.firstIndex(of: 0x20, from: i + 15, to: end) + 1
    guard unit < end, takeJournalUnit(bytes, &unit, end, &line) else { return false }
    line.note(.yearless(moment))
    i = unit
    return true
  }

  private static func month(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    let names: [StaticString] = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return names.firstIndex { bytes.equals(start..<start + 3, $0) }.map { $0 + 1 }
  }

  /// `host vllm[361991]: `: journald's words between time and text.
  private static func takeJournalUnit(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Bool {
    let limit = min(i + 320, end)
    let unit = bytes.firstIndex(of: 0x20, from: i, to: limit) + 1
    guard unit < limit else { return false }
    var bracket = unit
    while bracket < limit, bytes[bracket] != UInt8(ascii: "[") {
      guard bytes[bracket] > 0x20, bytes[bracket] != UInt8(ascii: ":") else { return false }
      bracket += 1
    }
    var stop = bracket + 1
    while stop < limit, Timestamp.digit(bytes[stop]) != nil { stop += 1 }
    guard stop > bracket + 1, stop + 2 <= end, bytes[stop] == UInt8(ascii: "]"),
      bytes[stop + 1] == UInt8(ascii: ":")
    else { return false }
    line.note(container: bytes, i..<bracket)
    line.note(process: bytes, bracket..<stop)
    i = stop + 2
    if i < end, bytes[i] == 0x20 { i += 1 }
    return true
  }

  /// `{app="vllm", pod="vllm-0"} ` behind the time in the default output of Loki's `logcli`.
  private static func takeLokiLabels(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) {
    guard i + 2 < end, bytes[i] == UInt8(ascii: "{"), bytes[i + 1] | 0x20 >= UInt8(ascii: "a"),
      bytes[i + 1] | 0x20 <= UInt8(ascii: "z"),
      let close = bytes.extracting(i..<end).firstIndex(of: "} ")
    else { return }
    line.note(container: bytes, i..<i + close)
    i += close + 2
  }

  /// docker compose: `qwen35-4b-vllm  | `, padded to the widest name.
  private static func takeService(
    _ bytes: Span<UInt8>, _ i: inout Int, _ end: Int, _ line: inout LogLine
  ) -> Step {
    let limit = min(i + 128, end)
    var name = i
    while name < limit, isNameByte(bytes[name]) { name += 1 }
    var bar = name
    while bar < limit, bytes[bar] == 0x20 { bar += 1 }
    guard bar > name, bar < limit, bytes[bar] == UInt8(ascii: "|"),
      bar + 1 == end || bytes[bar + 1] == 0x20,
      // Some servers write `INFO | text` themselves.
      !["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(where: {
        (level: StaticString) in bytes.equals(i..<name, level)
      })
    else { return .nothing }
    line.note(container: bytes, i..<name)
    i = min(bar + 2, end)
    return .taken
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
