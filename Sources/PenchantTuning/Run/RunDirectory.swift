package import PenchantCore

/// Where a run keeps what it makes.
///
///     RUN/config.yaml  metrics.jsonl  pairs.jsonl  dropped.jsonl  heldout.jsonl  samples.jsonl
///         report.json  report.html  adapter/ (or model/)  checkpoints/step-000200/…  tensorboard/
///         .penchant-lock while a process trains into it
package struct RunDirectory: Sendable, Equatable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package var configuration: String { FileSystem.join(path, "config.yaml") }
  package var metrics: String { FileSystem.join(path, "metrics.jsonl") }
  package var pairs: String { FileSystem.join(path, "pairs.jsonl") }
  package var dropped: String { FileSystem.join(path, "dropped.jsonl") }
  package var checkpoints: String { FileSystem.join(path, "checkpoints") }
  /// Each held-out pair's figures after the last measurement.
  package var heldOut: String { FileSystem.join(path, "heldout.jsonl") }
  /// The model's own answers to fixed prompts, as they were sampled.
  package var samples: String { FileSystem.join(path, "samples.jsonl") }
  package var report: String { FileSystem.join(path, "report.html") }
  /// What the report needs beside the logs.
  package var facts: String { FileSystem.join(path, "report.json") }
  package var tensorboard: String { FileSystem.join(path, "tensorboard") }
  /// The one event file.
  package var events: String { FileSystem.join(tensorboard, "events.out.tfevents.penchant") }
  /// The adapter a run ends with.
  package var adapter: String { FileSystem.join(path, "adapter") }
  /// The model a run of full tuning ends with.
  package var model: String { FileSystem.join(path, "model") }

  /// What ``RunLock`` locks; no part of the run, and no name that a foreign folder has.
  package var lock: String { FileSystem.join(path, ".penchant-lock") }

  /// Why there is no report.json.
  package func missingFacts() throws(CoreError) -> MissingFacts {
    guard FileSystem.isDirectory(path) else { return .noFolder }
    guard FileSystem.isRegularFile(metrics) else {
      return FileSystem.isRegularFile(FileSystem.join(path, "sweep.json")) ? .sweep : .noRun
    }
    let hasResult = FileSystem.isDirectory(adapter) || FileSystem.isDirectory(model)
    if hasResult { return .notWritten }
    return try checkpointSteps().isEmpty ? .notWritten : .stopped
  }

  /// The folder of a step's checkpoint.
  package func checkpoint(step: Int) -> String {
    let digits = String(step)
    let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
    return FileSystem.join(checkpoints, "step-\(zeros)\(digits)")
  }

  /// Steps that have a folder under `checkpoints`, newest first; whether they are whole is another question.
  package func checkpointSteps() throws(CoreError) -> [Int] {
    guard FileSystem.isDirectory(checkpoints) else { return [] }
    let names = try FileSystem.list(checkpoints)
    return names.compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0,
        FileSystem.name(of: checkpoint(step: step)) == name
      else { return nil }
      return step
    }.sorted(by: >)
  }

  /// Writes dropped.jsonl: one object a pair that was left out.
  package func writeDropped(_ rows: [JSON]) throws(CoreError) {
    let file = try AtomicFile(path: dropped)
    for row in rows { try file.append(row.text() + "\n") }
    try file.commit()
  }
}
