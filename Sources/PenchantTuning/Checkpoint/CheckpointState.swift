package import PenchantCore

/// What a run has to remember besides tensors: state.json of a checkpoint.
package struct CheckpointState: Sendable, Equatable {
  /// Digests of what a run is made from.
  package struct Inputs: Sendable, Equatable {
    /// Of the encoded pairs, those held out included.
    package var data: String
    /// Of the weight files and, where there is one, of the adapter that was started from.
    package var model: String

    package init(data: String, model: String) {
      self.data = data
      self.model = model
    }
  }

  /// Optimizer steps done.
  package var step: Int
  /// The last step after which held-out pairs were measured; 0 for none.
  package var evaluatedStep: Int
  /// The last step after which the fixed prompts were asked; -1 for none.
  package var sampledStep: Int
  /// Why a rule has ended the run at this step; nil where none did.
  package var stopReason: String?
  /// Tokens so far, as `num_tokens` counts them.
  package var numTokens: Int
  /// What the steps were computed on.
  package var devices: DeviceHistory
  package var objective: ObjectiveState
  package var logs: RunLogs.Lengths
  package var inputs: Inputs
  /// The resolved configuration; the seeds are part of it, and every random number is a function of them and
  /// of the step.
  package var configuration: JSONObject

  package init(
    step: Int, evaluatedStep: Int, sampledStep: Int = -1, stopReason: String? = nil,
    numTokens: Int, devices: DeviceHistory = DeviceHistory(), objective: ObjectiveState,
    logs: RunLogs.Lengths, inputs: Inputs, configuration: JSONObject
  ) {
    self.step = step
    self.evaluatedStep = evaluatedStep
    self.sampledStep = sampledStep
    self.stopReason = stopReason
    self.numTokens = numTokens
    self.devices = devices
    self.objective = objective
    self.logs = logs
    self.inputs = inputs
    self.configuration = configuration
  }
}

extension CheckpointState {
  /// Goes up when the meaning of a field changes.
  static let version = 2

  package var json: JSON {
    var objective = JSONObject()
    for key in self.objective.values.keys.sorted() {
      objective[key] = .array((self.objective.values[key] ?? []).map { .number(JSONNumber($0)) })
    }
    return [
      "version": .number(JSONNumber(Self.version)),
      "step": .number(JSONNumber(step)),
      "evaluated_step": .number(JSONNumber(evaluatedStep)),
      "sampled_step": .number(JSONNumber(sampledStep)),
      "stop_reason": stopReason.map { .string($0) } ?? .null,
      "num_tokens": .number(JSONNumber(numTokens)),
      "computed_on": devices.json,
      "objective_state": .object(objective),
      "log_bytes": [
        "metrics.jsonl": .number(JSONNumber(logs.metrics)),
        "pairs.jsonl": .number(JSONNumber(logs.pairs)),
        "samples.jsonl": .number(JSONNumber(logs.samples)),
        "tensorboard": .number(JSONNumber(logs.events)),
      ],
      "digests": [
        "data": .string(inputs.data), "model": .string(inputs.model),
        "configuration": .string(Digest.sha256(Array(JSON.object(configuration).text().utf8)).hex),
      ],
      "configuration": .object(configuration),
    ]
  }

  /// nil if the value is not what ``json`` writes.
  init?(_ json: JSON) {
    func count(_ value: JSON?) -> Int? { value?.int.flatMap { $0 >= 0 ? $0 : nil } }
    guard json["version"]?.int == Self.version, let step = count(json["step"]),
      let evaluatedStep = count(json["evaluated_step"]),
      let numTokens = count(json["num_tokens"]),
      let stored = json["objective_state"]?.object,
      let metrics = count(json["log_bytes"]?["metrics.jsonl"]),
      let pairs = count(json["log_bytes"]?["pairs.jsonl"]),
      let samples = count(json["log_bytes"]?["samples.jsonl"]),
      let events = count(json["log_bytes"]?["tensorboard"]),
      let sampledStep = json["sampled_step"]?.int, sampledStep >= -1,
      let data = json["digests"]?["data"]?.string, let model = json["digests"]?["model"]?.string,
      let configuration = json["configuration"]?.object
    else { return nil }
    // Earlier versions did not write it down.
    guard let devices = json["computed_on"].map(DeviceHistory.init) ?? DeviceHistory(),
      devices.stretches.last.map({ $0.last == step }) ?? true
    else { return nil }
    var values: [String: [Double]] = [:]
    for (key, value) in stored.members {
      guard let list = value.array else { return nil }
      let numbers = list.compactMap(\.double)
      guard numbers.count == list.count else { return nil }
      values[key] = numbers
    }
    self.init(
      step: step, evaluatedStep: evaluatedStep, sampledStep: sampledStep,
      stopReason: json["stop_reason"]?.string, numTokens: numTokens, devices: devices,
      objective: ObjectiveState(values: values),
      logs: RunLogs.Lengths(metrics: metrics, pairs: pairs, samples: samples, events: events),
      inputs: Inputs(data: data, model: model), configuration: configuration)
  }
}
