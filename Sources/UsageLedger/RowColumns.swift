import GRDB

/// In place of GRDB's own subscripts, which end the program where a column is not what the schema says:
/// a damaged file can have a null, or bytes for a number, anywhere.
extension Row {
  /// Throws what `Ledger.guarded` turns into words.
  subscript<Value: DatabaseValueConvertible & StatementColumnConvertible>(
    _ column: String
  ) -> Value {
    get throws { try decode(Value.self, forColumn: column) }
  }

  subscript<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ place: Int) -> Value {
    get throws { try decode(Value.self, atIndex: place) }
  }

  /// A number of bytes, records or requests, which can be added up without a fear of overflow.
  func count(_ column: String) throws -> Int {
    let count: Int = try self[column]
    guard (0...Row.mostCounted).contains(count) else {
      throw LedgerDamage("a number of \(column.replacing("_", with: " ")) is \(count)")
    }
    return count
  }

  private static let mostCounted = 1 << 50
}
