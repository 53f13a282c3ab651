package import PenchantCore

/// The figures of metrics.jsonl, each as a curve over steps.
package struct RunCurves: Sendable {
  /// By key, `eval_…` among them.
  package private(set) var points: [String: [LineChart.Point]] = [:]

  /// - Throws: `CoreError` for a file that cannot be read or a line that is no JSON.
  package init(_ path: String) throws(CoreError) {
    try JSONLines.read(path) { line in
      guard let step = line["step"]?.double else { return }
      for (key, value) in line.members where key != "step" {
        points[key, default: []].append(.init(step, value.double ?? .nan))
      }
    }
  }

  package subscript(key: String) -> [LineChart.Point] { points[key] ?? [] }

  /// Whether answers are preferred to one another, or liked, rather than learnt as they are.
  package var isPreference: Bool { points["rewards/margins"] != nil }

  /// The last value of a figure.
  package func last(_ key: String) -> Double? { points[key]?.last?.y }

  package var steps: Int { Int(points["loss"]?.last?.x ?? 0) }

  /// The mean of the last fifth of an epoch's steps, as a run's summary takes it.
  package func recent(_ key: String) -> Double? {
    guard let all = points[key], let epoch = last("epoch"), epoch > 0 else { return nil }
    let window = max(1, (Int((Double(steps) / epoch).rounded()) + 4) / 5)
    let part = all.suffix(window)
    return part.reduce(0) { $0 + $1.y } / Double(part.count)
  }

  /// The record a verdict is taken from: the last measurement on held-out pairs, or the last training steps.
  package var conclusion: (record: MetricsRecord, isHeldOut: Bool)? {
    let isHeldOut = last("eval_loss") != nil
    func value(_ key: String) -> Double? { isHeldOut ? last("eval_" + key) : recent(key) }
    guard let loss = value("loss") else { return nil }
    var record = MetricsRecord()
    record.loss = loss
    record.comparesAnswers = value("accuracy") != nil
    record.judgesAnswers = value("rewards/margins") != nil && !record.comparesAnswers
    record.isScalar = value("logps/chosen") == nil
    record.rewardsChosen = value("rewards/chosen") ?? 0
    record.rewardsRejected = value("rewards/rejected") ?? 0
    record.rewardsMargins = value("rewards/margins") ?? 0
    record.accuracy = value("accuracy") ?? 0
    record.driftChosen = value("drift/chosen") ?? 0
    record.driftRejected = value("drift/rejected") ?? 0
    record.lengthsChosen = value("lengths/chosen") ?? 0
    record.lengthsRejected = value("lengths/rejected") ?? 0
    record.pairs = Int((isHeldOut ? last("eval_pairs") : recent("pairs")) ?? 0)
    return (record, isHeldOut)
  }
}

/// Files of one JSON object a line.
enum JSONLines {
  /// Hands over each line's object.
  static func read(_ path: String, _ body: (JSONObject) -> Void) throws(CoreError) {
    let reader = try LineReader(path: path)
    while let line = try reader.next() {
      do throws(JSONError) {
        if let object = try JSON.parse(line.bytes).object { body(object) }
      } catch {
        throw CoreError(
          .invalidJSON(path: path, line: line.number, column: error.offset + 1, cause: error))
      }
    }
  }
}
