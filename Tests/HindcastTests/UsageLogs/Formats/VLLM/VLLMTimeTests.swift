import Foundation
import Testing
import Usage
import UsageLogs

@Suite struct VLLMTimeTests {
  @Test func takesTheYearFromTheFileName() throws {
    var settings = ReadSettings()
    settings.fileName = "vllm-2024-06-17.log.gz"
    let log = try readServerLog(sixStatistics[0], year: nil, settings: settings)
    #expect(log.starts == ["2024-06-16T10:00:00Z"])
    #expect(log.notes("2024 is taken from the file's name"))
  }

  @Test func walksBackOverNewYear() throws {
    var settings = ReadSettings()
    settings.fileModified = Instant("2026-01-02T08:00:00Z")
    let text = [
      v1Line("23:59:50", "1.0", "1.0", day: "12-31"),
      v1Line("00:00:00", "1.0", "1.0", day: "01-01"),
    ].joined(separator: "\n")
    let log = try readServerLog(text, year: nil, settings: settings)
    #expect(log.starts == ["2025-12-31T23:59:40Z", "2025-12-31T23:59:50Z"])
    #expect(log.notes("2025 to 2026 is taken from the time the file was last written"))
    // A December log read in January is last year's.
    let december = try readServerLog(
      v1Line("10:00:10", "1.0", "1.0", day: "12-05"), year: nil, settings: settings)
    #expect(december.starts == ["2025-12-05T10:00:00Z"])
    settings.year = 2023
    #expect(
      try readServerLog(text, settings: settings).starts
        == ["2023-12-31T23:59:40Z", "2023-12-31T23:59:50Z"])
  }

  @Test func servicesOneBehindTheOtherShareTheirYear() throws {
    let text = """
      one  | \(v1Line("10:00:10", "1.0", "1.0", day: "01-05"))
      one  | \(v1Line("10:00:10", "1.0", "1.0", day: "06-20"))
      two  | \(v1Line("10:00:10", "1.0", "1.0", day: "01-06"))
      two  | \(v1Line("10:00:10", "1.0", "1.0", day: "06-21"))
      """
    #expect(
      try readServerLog(text).starts == [
        "2025-01-05T10:00:00Z", "2025-01-06T10:00:00Z", "2025-06-20T10:00:00Z",
        "2025-06-21T10:00:00Z",
      ])
  }

  @Test func takesTheYearFromALineThatWritesIt() throws {
    let text = "INFO 2024-06-16 09:58:20,617 serve 42382 -- Application 'default' is ready\n"
    #expect(
      try readServerLog(text + sixStatistics[0], year: nil).starts == ["2024-06-16T10:00:00Z"])
    #expect(
      try readServerLog(text + sixStatistics[0], year: 2023).starts == ["2023-06-16T10:00:00Z"])
  }

  @Test func leapDayNeedsALeapYear() throws {
    var settings = ReadSettings()
    settings.fileModified = Instant("2026-05-01T00:00:00Z")
    let line = v1Line("10:00:10", "1.0", "1.0", day: "02-29")
    #expect(
      try readServerLog(line, year: nil, settings: settings).starts == ["2024-02-29T10:00:00Z"])
    let wrong = try readServerLog(line, year: 2025)
    #expect(wrong.records.isEmpty && wrong.outcome.skipped == 1)
  }

  @Test func readsClocksInTheZoneGiven() throws {
    var settings = ReadSettings()
    settings.zone = ZoneRules(name: "Test/East", firstOffset: 7200, changes: [])
    let log = try readServerLog(sixStatistics[0], settings: settings)
    #expect(log.starts == ["2025-06-16T08:00:00Z"])
    #expect(log.notes("Test/East"))
  }

  @Test func clockThatFallsBackIsNoGap() throws {
    // Berlin, 2025-10-26: 02:59:50, then 02:00:00 again, one hour east instead of two.
    let lines = ["02:59:30", "02:59:40", "02:59:50", "02:00:00", "02:00:10", "02:00:20"]
      .map { v1Line($0, "10.0", "1.0", day: "10-26") }
    var settings = ReadSettings()
    settings.zone = ZoneRules(
      name: "Europe/Berlin", firstOffset: 7200,
      changes: [.init(start: Instant("2025-10-26T01:00:00Z")!, offset: 3600)])
    let log = try readServerLog(lines.joined(separator: "\n"), settings: settings)
    #expect(log.prompt == 600)
    #expect(log.starts.first == "2025-10-26T00:59:20Z")
    #expect(log.starts.last == "2025-10-26T01:00:10Z")
    // Read as UTC the hour repeats, but nothing is lost or made up.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 600)
  }

  @Test func outerClockWins() throws {
    let desktop = try readServerLog(
      "2026-04-19 12:18:36.268 | " + v1Line("10:18:36", "1.0", "1.0", day: "04-19"), year: nil)
    #expect(desktop.starts == ["2026-04-19T10:18:26.268000Z"])
    let docker = try readServerLog(
      "2026-04-19T10:18:36.5Z " + v1Line("12:18:36", "1.0", "1.0", day: "04-19"), year: 1999)
    #expect(docker.starts == ["2026-04-19T10:18:26.500000Z"])
    // The wrapper's year and offset hold for lines that lost their wrapper, too.
    let mixed = try readServerLog(
      "2026-04-19T10:18:36Z " + v1Line("12:18:36", "1.0", "1.0", day: "04-19") + "\n"
        + v1Line("12:18:46", "1.0", "1.0", day: "04-19"), year: nil)
    #expect(mixed.starts == ["2026-04-19T10:18:26Z", "2026-04-19T10:18:36Z"])
  }
}
