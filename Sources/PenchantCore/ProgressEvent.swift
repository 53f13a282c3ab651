/// How far a piece of work is.
///
/// Libraries emit these; the command line draws them.
package struct ProgressEvent: Sendable, Equatable {
  /// What is being done: "reading pairs".
  package let stage: String
  /// How much of it is done, in `unit`s.
  package let completed: Int
  /// How much there is to do; nil while nobody knows.
  package let total: Int?
  /// What is counted: "rows", "tokens", "bytes".
  package let unit: String

  package init(stage: String, completed: Int, total: Int?, unit: String) {
    self.stage = stage
    self.completed = completed
    self.total = total
    self.unit = unit
  }
}

/// Receives progress, possibly on another thread; it must return quickly.
package typealias ProgressHandler = @Sendable (ProgressEvent) -> Void
