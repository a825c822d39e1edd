import Usage

/// Seeds that keep the identities of different kinds apart.
enum IdentityKind {
  static let bedrock: UInt64 = 0xB3D
  /// Ids that the provider gave its answer (`chatcmpl-`, `resp_`, `msg_`): the same request is known
  /// by them in the application's log and in the gateway's.
  static let response: UInt64 = 0x5E5
  static let bucket: UInt64 = 0xB0C
  static let content: UInt64 = 0xC07
  static let claudeMessage: UInt64 = 0xC1A
}

extension Int64 {
  /// The product, or the nearest value that fits.
  func multipliedSaturating(by factor: Int64) -> Int64 {
    let (value, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0) == (factor < 0) ? .max : .min : value
  }
}
