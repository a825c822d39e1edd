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

/// `0.53 s`, `12.5 min`, `3.0 h`, `9,541.4 days`: seconds up to ten minutes, with as many digits as asked
/// for, then the largest unit of which there are two.
package func duration(_ seconds: Double, decimals: Int = 2) -> String {
  func text(_ value: Double, _ decimals: Int) -> String {
    var unit: Int64 = 1
    for _ in 0..<decimals { unit *= 10 }
    let units = Int64((min(value, 1e15) * Double(unit)).rounded())
    let rest = String(units % unit + unit).dropFirst()
    return grouped(units / unit) + (decimals > 0 ? ".\(rest)" : "")
  }
  if seconds < 600 { return text(seconds, decimals) + " s" }
  if seconds < 2 * 3600 { return text(seconds / 60, 1) + " min" }
  if seconds < 2 * 86400 { return text(seconds / 3600, 1) + " h" }
  return text(seconds / 86400, 1) + " days"
}

/// `1 request`, `2,000 requests`.
package func counted(_ number: Int64, _ one: String, _ many: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
}

package func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
  counted(Int64(number), one, many)
}
