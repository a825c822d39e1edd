import ArgumentParser

/// A sentence for the user that ends the run with exit code 1.
struct Refusal: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

extension ExitCode {
  /// Done, but some input was skipped or unpriced.
  static let incomplete = ExitCode(2)
  static let interrupted = ExitCode(130)

  /// 0; or, when something was left out, 2, which `--strict` turns into 1.
  static func done(complete: Bool, strict: Bool) -> ExitCode {
    complete ? .success : strict ? .failure : .incomplete
  }
}
