/// `1234567.89` as `1,234,567.89`.
package func grouped(_ number: String) -> String {
  let sign = number.hasPrefix("-") ? "-" : ""
  let parts = number.dropFirst(sign.count).split(separator: ".", maxSplits: 1)
  guard let whole = parts.first else { return number }
  var result = ""
  for (i, digit) in whole.enumerated() {
    if i > 0, (whole.count - i) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return sign + result + (parts.count > 1 ? "." + parts[1] : "")
}

package func grouped(_ number: Int64) -> String { grouped(String(number)) }
package func grouped(_ number: Int) -> String { grouped(String(number)) }

/// `1 request`, `2,000 requests`.
package func counted(_ number: Int64, _ one: String, _ many: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
}

package func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
  counted(Int64(number), one, many)
}
