import Testing
import Usage

@Suite struct MoneyTests {
  @Test func prints() {
    #expect(Money(ExactDecimal("3182.4")!)!.description == "3182.40")
  }
}
