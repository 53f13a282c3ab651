package import PenchantCore
package import PenchantData

/// What a report tells beside the logs: report.json, written at the end of a run, so that the page can be made again from
/// the run directory alone.
///
/// It holds texts of the user's own data: of the samples and of the pairs the report shows.
package struct RunFacts: Sendable, Equatable {
  /// An answer before and after.
  package struct Sample: Sendable, Equatable {
    package var prompt: String
    package var before: String
    package var after: String
    /// Whether the model came to an end itself; of older versions nothing is known.
    package var isBeforeFinished: Bool
    package var isAfterFinished: Bool

    package init(
      prompt: String, before: String, after: String, isBeforeFinished: Bool = true,
      isAfterFinished: Bool = true
    ) {
      self.prompt = prompt
      self.before = before
      self.after = after
      self.isBeforeFinished = isBeforeFinished
      self.isAfterFinished = isAfterFinished
    }
  }

  /// What a pair says.
  package struct PairText: Sendable, Equatable {
    /// File and row.
    package var row: String
    package var prompt: String
    package var chosen: String
    package var rejected: String

    package init(row: String, prompt: String, chosen: String, rejected: String) {
      self.row = row
      self.prompt = prompt
      self.chosen = chosen
      self.rejected = rejected
    }
  }

  /// Names and what they are, in the order they are shown: model, data, machine, digests.
  package var description: [(name: String, value: String)] = []
  package var objective = ""
  package var formula = ""
  package var rewardScale = 1.0
  package var comparesAnswers = true
  /// Whether rewards are differences to a reference.
  package var hasReference = true
  package var choices: [TuneDefaults.Choice] = []
  /// The resolved configuration.
  package var configuration = JSONObject()
  package var trainingPairs = 0
  package var heldOutPairs = 0
  /// What the pairs of files of their own have in common with those trained on; nil where there are no such files, and
  /// of runs of older versions.
  package var evaluation: EvaluationOverlap?
  package var stepsPlanned = 0
  /// What the steps were computed on.
  package var devices = DeviceHistory()
  package var seconds = 0.0
  package var stopReason: String?
  /// The folder of the adapter or model.
  package var result = ""
  package var next = ""
  package var samplesAreHeldOut = false
  package var samples: [Sample] = []
  /// By id, of the pairs the report shows.
  package var texts: [(id: String, text: PairText)] = []
  /// By id, of the fixed prompts.
  package var prompts: [(id: String, text: String)] = []
  /// The program and its version.
  package var program = "penchant"

  package init() {}

  package static func == (left: RunFacts, right: RunFacts) -> Bool { left.json == right.json }

  func text(of id: String) -> PairText? { texts.first { $0.id == id }?.text }

  // MARK: - File

  package var json: JSONObject {
    func named(_ list: [(name: String, value: String)]) -> JSON {
      .array(list.map { ["name": .string($0.name), "value": .string($0.value)] })
    }
    var object = JSONObject()
    object["program"] = .string(program)
    object["description"] = named(description)
    object["objective"] = .string(objective)
    object["formula"] = .string(formula)
    object["reward_scale"] = .number(JSONNumber(rewardScale))
    object["compares_answers"] = .bool(comparesAnswers)
    object["has_reference"] = .bool(hasReference)
    object["choices"] = .array(
      choices.map {
        ["option": .string($0.option), "value": .string($0.value), "reason": .string($0.reason)]
      })
    object["configuration"] = .object(configuration)
    object["training_pairs"] = .number(JSONNumber(trainingPairs))
    object["held_out_pairs"] = .number(JSONNumber(heldOutPairs))
    object["evaluation"] = evaluation.map {
      [
        "rows": .number(JSONNumber($0.rows)),
        "shared_prompts": .number(JSONNumber($0.sharedPrompts)),
      ]
    }
    object["steps_planned"] = .number(JSONNumber(stepsPlanned))
    object["computed_on"] = devices.json
    object["seconds"] = .number(JSONNumber(seconds))
    object["stop_reason"] = stopReason.map { .string($0) } ?? .null
    object["result"] = .string(result)
    object["next"] = .string(next)
    object["samples_are_held_out"] = .bool(samplesAreHeldOut)
    object["samples"] = .array(
      samples.map {
        [
          "prompt": .string($0.prompt), "before": .string($0.before),
          "before_finished": .bool($0.isBeforeFinished), "after": .string($0.after),
          "after_finished": .bool($0.isAfterFinished),
        ]
      })
    object["texts"] = .array(
      texts.map { id, text in
        [
          "id": .string(id), "row": .string(text.row), "prompt": .string(text.prompt),
          "chosen": .string(text.chosen), "rejected": .string(text.rejected),
        ]
      })
    object["prompts"] = named(prompts.map { (name: $0.id, value: $0.text) })
    return object
  }

  package init(_ json: JSON) {
    func text(_ value: JSON?) -> String { value?.string ?? "" }
    func named(_ list: JSON?) -> [(name: String, value: String)] {
      (list?.array ?? []).map { (name: text($0["name"]), value: text($0["value"])) }
    }
    program = text(json["program"])
    description = named(json["description"])
    objective = text(json["objective"])
    formula = text(json["formula"])
    rewardScale = json["reward_scale"]?.double ?? 1
    comparesAnswers = json["compares_answers"]?.bool ?? true
    // Older versions said so among the descriptions alone.
    hasReference =
      json["has_reference"]?.bool
      ?? !description.contains { $0.name == "reference" && $0.value == "none" }
    choices = (json["choices"]?.array ?? []).map {
      .init(option: text($0["option"]), value: text($0["value"]), reason: text($0["reason"]))
    }
    configuration = json["configuration"]?.object ?? JSONObject()
    trainingPairs = json["training_pairs"]?.int ?? 0
    heldOutPairs = json["held_out_pairs"]?.int ?? 0
    evaluation = json["evaluation"]?.object.map {
      EvaluationOverlap(
        rows: $0["rows"]?.int ?? 0, sharedPrompts: $0["shared_prompts"]?.int ?? 0)
    }
    stepsPlanned = json["steps_planned"]?.int ?? 0
    devices = json["computed_on"].flatMap(DeviceHistory.init) ?? DeviceHistory()
    seconds = json["seconds"]?.double ?? 0
    stopReason = json["stop_reason"]?.string
    result = text(json["result"])
    next = text(json["next"])
    samplesAreHeldOut = json["samples_are_held_out"]?.bool ?? false
    samples = (json["samples"]?.array ?? []).map {
      Sample(
        prompt: text($0["prompt"]), before: text($0["before"]), after: text($0["after"]),
        isBeforeFinished: $0["before_finished"]?.bool ?? true,
        isAfterFinished: $0["after_finished"]?.bool ?? true)
    }
    texts = (json["texts"]?.array ?? []).map {
      (
        id: text($0["id"]),
        text: PairText(
          row: text($0["row"]), prompt: text($0["prompt"]), chosen: text($0["chosen"]),
          rejected: text($0["rejected"]))
      )
    }
    prompts = named(json["prompts"]).map { (id: $0.name, text: $0.value) }
  }

  /// Writes report.json.
  package func write(to directory: RunDirectory) throws(CoreError) {
    try AtomicFile.write(path: directory.facts, text: JSON.object(json).text(.pretty) + "\n")
  }

  /// Reads report.json.
  /// - Throws: ``TuningError`` if the run has none, `CoreError` if it cannot be read.
  package init(of directory: RunDirectory) throws {
    guard FileSystem.isRegularFile(directory.facts) else {
      throw TuningError(.noReportFacts(path: directory.path, try directory.missingFacts()))
    }
    self.init(try FileSystem.readJSON(directory.facts))
  }
}
