package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logs of a run, written step by step.
package final class RunLogs {
  /// Lengths in bytes, as a checkpoint records them.
  package struct Lengths: Sendable, Equatable {
    package var metrics: Int
    package var pairs: Int
    package var samples: Int
    /// Of the TensorBoard file; 0 without one.
    package var events: Int

    package init(metrics: Int = 0, pairs: Int = 0, samples: Int = 0, events: Int = 0) {
      self.metrics = metrics
      self.pairs = pairs
      self.samples = samples
      self.events = events
    }
  }

  private let metrics: AppendLog
  private let pairs: AppendLog
  private let samples: AppendLog?
  private let events: AppendLog?

  /// Opens the logs of a run, cut back to the given lengths.
  /// - Parameters:
  ///   - sampling: whether there will be samples of the model's own answers.
  ///   - tensorboard: whether every figure also goes into a TensorBoard file.
  /// - Throws: ``TuningError`` if one is shorter; `CoreError` if one cannot be opened.
  package init(
    _ directory: RunDirectory, keeping lengths: Lengths = Lengths(), sampling: Bool = false,
    tensorboard: Bool = false
  ) throws {
    metrics = try AppendLog(path: directory.metrics, keeping: lengths.metrics)
    pairs = try AppendLog(path: directory.pairs, keeping: lengths.pairs)
    samples = sampling ? try AppendLog(path: directory.samples, keeping: lengths.samples) : nil
    guard tensorboard else {
      events = nil
      return
    }
    try FileSystem.createDirectories(directory.tensorboard)
    let log = try AppendLog(path: directory.events, keeping: lengths.events)
    if log.byteCount == 0 { try log.append(bytes: TensorBoardEvent.version(wallTime: Self.now)) }
    events = log
  }

  package var lengths: Lengths {
    Lengths(
      metrics: metrics.byteCount, pairs: pairs.byteCount, samples: samples?.byteCount ?? 0,
      events: events?.byteCount ?? 0)
  }

  /// Adds a whole step.
  package func append(_ record: MetricsRecord, _ ledger: [PairRecord]) throws(CoreError) {
    try pairs.append(ledger.map(\.json))
    try append(record.json())
  }

  /// Adds a measurement on held-out pairs.
  package func append(evaluation: MetricsRecord) throws(CoreError) {
    try append(evaluation.json(prefix: "eval_"))
  }

  /// Adds a measurement on the model's own answers, and the answers; the first, of step 0, is what later ones are held
  /// against.
  package func append(samples measurement: SampleMeasurement) throws(CoreError) {
    try samples?.append(measurement.samples.map(\.json))
    try append(measurement.json)
  }

  private func append(_ line: JSONObject) throws(CoreError) {
    try metrics.append([line])
    try events?.append(
      bytes: TensorBoardEvent.scalars(
        TensorBoardEvent.values(of: line), step: line["step"]?.int ?? 0, wallTime: Self.now))
  }

  package func sync() throws(CoreError) {
    try pairs.sync()
    try metrics.sync()
    try samples?.sync()
    try events?.sync()
  }

  /// Seconds since 1970.
  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
