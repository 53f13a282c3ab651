package import PenchantCore

/// The two logs of a run, written step by step.
package final class RunLogs {
  /// Lengths in bytes, as a checkpoint records them.
  package struct Lengths: Sendable, Equatable {
    package var metrics: Int
    package var pairs: Int

    package init(metrics: Int = 0, pairs: Int = 0) {
      self.metrics = metrics
      self.pairs = pairs
    }
  }

  private let metrics: AppendLog
  private let pairs: AppendLog

  /// Opens the logs of a run, cut back to the given lengths.
  /// - Throws: ``TuningError`` if one is shorter; `CoreError` if one cannot be opened.
  package init(_ directory: RunDirectory, keeping lengths: Lengths = Lengths()) throws {
    metrics = try AppendLog(path: directory.metrics, keeping: lengths.metrics)
    pairs = try AppendLog(path: directory.pairs, keeping: lengths.pairs)
  }

  package var lengths: Lengths { Lengths(metrics: metrics.byteCount, pairs: pairs.byteCount) }

  /// Adds a whole step.
  package func append(_ record: MetricsRecord, _ ledger: [PairRecord]) throws(CoreError) {
    try pairs.append(ledger.map(\.json))
    try metrics.append([record.json()])
  }

  /// Adds a measurement on held-out pairs.
  package func append(evaluation: MetricsRecord) throws(CoreError) {
    try metrics.append([evaluation.json(prefix: "eval_")])
  }

  package func sync() throws(CoreError) {
    try pairs.sync()
    try metrics.sync()
  }
}
