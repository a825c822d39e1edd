import Testing
import Usage

@testable import UsageLogs

@Suite struct JSONDecimalTests {
  @Test(arguments: [
    ("0", "0"), ("12", "12"), ("0.000225", "0.000225"), ("0.50", "0.5"), ("2.25e-05", "0.0000225"),
    ("1e3", "1000"), ("-0.5", "-0.5"), ("0.00022500000000000002", "0.00022500000000000002"),
    ("123456789012345678901", "123456789012345678901"),
    ("1E-30", "0.000000000000000000000000000001"),
    ("4e-2", "0.04"), ("2.25e+05", "225000"),
  ])
  func keepsEveryDigit(written: String, exact: String) {
    let bytes = Array(written.utf8)
    #expect(JSONCursor.decimal(bytes.span, 0..<bytes.count)?.description == exact)
  }

  @Test(arguments: ["", ".", "1.2.3", "e-05", "1e", "0x10", "1e-", "twelve"])
  func refusesWhatIsNoNumber(written: String) {
    let bytes = Array(written.utf8)
    #expect(JSONCursor.decimal(bytes.span, 0..<bytes.count) == nil)
  }
}
