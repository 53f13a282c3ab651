import PenchantCore
import PenchantTuning

/// What one run of a sweep came to, read from its folder.
struct SweepOutcome {
  let name: String
  let label: String
  /// The options' names, and their values.
  let (options, values): (String, String)
  let conclusion: Conclusion
  let record: MetricsRecord
  let isHeldOut: Bool
  /// KL to the reference on the model's own answers, k3; nil where they are not sampled.
  let kl: Double?
  /// Mean tokens of these answers.
  let length: Double?
  let steps: Int
  let seconds: Double
  let stopReason: String?

  /// nil if the run has not ended.
  init?(_ point: SweepPlan.Point) throws {
    let directory = RunDirectory(point.asked.output ?? "")
    guard FileSystem.isRegularFile(directory.facts), FileSystem.isRegularFile(directory.report)
    else { return nil }
    let facts = try RunFacts(of: directory)
    let curves = try RunCurves(directory.metrics)
    guard let (record, isHeldOut) = curves.conclusion else { return nil }
    name = point.name
    label = point.label
    (options, values) = (point.options, point.values)
    conclusion = Conclusion(
      record, of: facts.objective, isHeldOut: isHeldOut, hasReference: facts.hasReference,
      answers: OwnAnswers(curves, shown: facts.samples))
    self.record = record
    self.isHeldOut = isHeldOut
    kl = curves.last("kl_k3")
    length = curves.last("samples/tokens")
    steps = curves.steps
    seconds = facts.seconds
    stopReason = facts.stopReason
  }

  var interval: Interval {
    .wilson(
      successes: min(Double(record.pairs), record.accuracy * Double(record.pairs)),
      trials: record.pairs)
  }

  var json: JSON {
    var object = JSONObject()
    func put(_ key: String, _ value: Double?) {
      object[key] = value.map { $0.isFinite ? .number(JSONNumber($0)) : .null } ?? .null
    }
    object["run"] = .string(name)
    object["held_out"] = .bool(isHeldOut)
    put("accuracy", record.accuracy)
    object["accuracy_interval"] = [
      .number(JSONNumber(interval.lower)), .number(JSONNumber(interval.upper)),
    ]
    object["pairs"] = .number(JSONNumber(record.pairs))
    put("loss", record.loss)
    put("rewards/margins", record.rewardsMargins)
    put("drift/chosen", record.driftChosen)
    put("drift/rejected", record.driftRejected)
    put("kl_k3", kl)
    put("samples/tokens", length)
    object["steps"] = .number(JSONNumber(steps))
    put("seconds", seconds)
    object["verdict"] = .string(conclusion.wording)
    object["stop_reason"] = stopReason.map { .string($0) } ?? .null
    return .object(object)
  }
}
