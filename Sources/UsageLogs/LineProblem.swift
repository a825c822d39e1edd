import Usage

/// Why one line, row or object was not counted.
package enum LineProblem: Error, Equatable {
  case notJSON
  case endsEarly
  case tooDeep
  case tooLong(limit: Int)
  case missing(StaticStringName)
  case notANumber(StaticStringName)
  case negative(StaticStringName)
  case notWhole(StaticStringName)
  case tooLarge(StaticStringName)
  case badTime
  case badRow(String)

  /// A field's name as the format knows it.
  package struct StaticStringName: Equatable, ExpressibleByStringLiteral, Sendable {
    var name: String
    package init(stringLiteral name: String) { self.name = name }
  }

  /// The same of a count of seconds: too many of them are no time.
  var ofTime: LineProblem {
    if case .tooLarge = self { .badTime } else { self }
  }

  /// One sentence without a full stop; never holds content of the line.
  var reason: String {
    switch self {
    case .notJSON: "not valid JSON"
    case .endsEarly: "ends in the middle of a value"
    case .tooDeep: "nested deeper than \(JSONCursor.deepest) levels"
    case .tooLong(let limit): "longer than \(limit >> 20) MiB"
    case .missing(let field): "has no '\(field.name)'"
    case .notANumber(let field): "'\(field.name)' is not a number"
    case .negative(let field): "'\(field.name)' is negative"
    case .notWhole(let field): "'\(field.name)' is not a whole number"
    case .tooLarge(let field):
      "'\(field.name)' is more than \(grouped(Int(JSONCursor.largestCount))), which no count can be"
    case .badTime: "has a time that is not a date and time"
    case .badRow(let what): what
    }
  }
}
