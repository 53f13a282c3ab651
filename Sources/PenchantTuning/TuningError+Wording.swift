package import PenchantCore

extension TuningError {
  package var category: FailureCategory {
    switch code {
    case .unknownObjective, .objectiveDoesNotMix, .optionWithoutMeaning, .valueOutOfRange,
      .unknownOption, .foreignOption, .wrongType, .conflictingOptions,
      .optionNeeds, .notInSemantics, .unknownMetric, .metricNotThere, .outputExists, .runInUse,
      .nothingToResume, .configurationDiffers,
      .requirementNotBuilt:
      .usage
    case .noReportFacts, .fieldWithoutMeaning, .fieldOutOfRange, .noPairs, .tooManyDropped,
      .pairTooLong,
      .noIntactCheckpoint, .checkpointDamaged, .inputDiffers, .logTooShort:
      .input
    case .notFinite, .weightsNotFinite, .initialMarginNotZero, .notEnoughMemory, .notEnoughDisk:
      .runtime
    }
  }

  package var identifier: String {
    switch code {
    case .unknownObjective: "unknown-objective"
    case .objectiveDoesNotMix: "objective-does-not-mix"
    case .optionWithoutMeaning: "option-without-meaning"
    case .fieldWithoutMeaning: "field-without-meaning"
    case .fieldOutOfRange: "field-out-of-range"
    case .valueOutOfRange: "value-out-of-range"
    case .unknownOption: "unknown-option"
    case .foreignOption: "foreign-option"
    case .wrongType: "wrong-type"
    case .unknownMetric: "unknown-metric"
    case .metricNotThere: "metric-not-there"
    case .noReportFacts: "no-report-facts"
    case .conflictingOptions: "conflicting-options"
    case .optionNeeds: "option-needs"
    case .notInSemantics: "not-in-semantics"
    case .noPairs: "no-pairs"
    case .tooManyDropped: "too-many-dropped"
    case .pairTooLong: "pair-too-long"
    case .outputExists: "output-exists"
    case .runInUse: "run-in-use"
    case .nothingToResume: "nothing-to-resume"
    case .noIntactCheckpoint: "no-intact-checkpoint"
    case .checkpointDamaged: "checkpoint-damaged"
    case .configurationDiffers: "configuration-differs"
    case .inputDiffers: "input-differs"
    case .logTooShort: "log-too-short"
    case .notFinite: "not-finite"
    case .weightsNotFinite: "weights-not-finite"
    case .initialMarginNotZero: "initial-margin-not-zero"
    case .notEnoughMemory: "not-enough-memory"
    case .notEnoughDisk: "not-enough-disk"
    case .requirementNotBuilt: "requirement-not-built"
    }
  }

  package var message: String {
    switch code {
    case .unknownObjective(let name, let nearest, _):
      "there is no objective \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    case .objectiveDoesNotMix(let name, _): "objective \(name) cannot be a term of a list"
    case .optionWithoutMeaning(let option, let objective, _):
      "--\(option) has no meaning with --objective \(objective)"
    case .fieldWithoutMeaning(let field, let objective, let id, _):
      "pair \(id) has a \(field), which has no meaning with --objective \(objective)"
    case .fieldOutOfRange(let field, let id, let range):
      "the \(field) of pair \(id) must be \(range)"
    case .valueOutOfRange(let option, let value, let range):
      "--\(option) \(value) is out of range: \(range)"
    case .unknownOption(let name, let nearest):
      "there is no option \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    case .foreignOption(let name, let ours): "there is no option \(name); it is called \(ours) here"
    case .wrongType(let option, let expected): "--\(option) takes \(expected)"
    case .unknownMetric(let name, let nearest):
      "there is no figure \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    case .metricNotThere(let name, let reason): "this run has no figure \(name): \(reason)"
    case .noReportFacts(let path, .noFolder): "\(path) does not exist"
    case .noReportFacts(let path, .noRun): "\(path) is no run: it holds no metrics.jsonl"
    case .noReportFacts(let path, .sweep): "\(path) is a sweep of several runs"
    case .noReportFacts(let path, .stopped):
      "\(path) holds no report.json, from which a report is made: the run was stopped before its end"
    case .noReportFacts(let path, .notWritten):
      "\(path) holds no report.json, from which a report is made: what made the run wrote none, as older versions "
        + "and the demonstration do"
    case .conflictingOptions(let first, let second): "--\(first) and --\(second) exclude each other"
    case .optionNeeds(let option, let other): "--\(option) has a meaning with \(other) alone"
    case .notInSemantics(let option, let semantics, let reason):
      "--\(option) is not offered with --semantics \(semantics): \(reason)"
    case .noPairs: "there are no pairs to train on"
    case .tooManyDropped(let dropped, let total, let maxLength, _):
      "\(dropped) of \(total) pairs are longer than \(maxLength) tokens and would be left out"
    case .pairTooLong(let id, let tokens, let limit):
      "pair \(id) has \(tokens) tokens, more than the \(limit) planned for"
    case .outputExists(let path, _): "\(path) is there already"
    case .runInUse(let path, let holder):
      "\(path) is in use: \(holder?.name ?? "another process") trains into it"
    case .nothingToResume(let path, _): "\(path) holds no checkpoint to resume from"
    case .noIntactCheckpoint(let path, let skipped):
      "no checkpoint in \(path) is intact: "
        + skipped.map { "\($0.name): \($0.defect.wording)" }.joined(separator: "; ")
    case .checkpointDamaged(let path, let defect): "checkpoint \(path): \(defect.wording)"
    case .configurationDiffers(let list):
      "the run was begun with other options: "
        + list.map { "\($0.option) was \($0.was), is \($0.now)" }.joined(separator: "; ")
    case .inputDiffers(let what): "\(what) is not what the run was begun with"
    case .logTooShort(let path, let expected, let found):
      "\(path) has \(found) bytes, the checkpoint was written at \(expected)"
    case .notFinite(let what, let step, let ids):
      "step \(step): \(what) is not finite for pair\(ids.count == 1 ? "" : "s") \(Self.list(ids))"
    case .weightsNotFinite(let step): "step \(step) has made weights that are not finite"
    case .initialMarginNotZero(let id, let margin):
      "pair \(id) has a margin of \(margin) before the first step, where policy and reference are the same"
    case .notEnoughMemory(let needed, let available, _):
      "the run needs \(ForecastPart.text(bytes: needed)) of memory, \(ForecastPart.text(bytes: available)) are there"
    case .notEnoughDisk(let path, let needed, let free):
      "checkpoints in \(path) need \(ForecastPart.text(bytes: needed)), \(ForecastPart.text(bytes: free)) are free"
    case .requirementNotBuilt(let objective, let what):
      "objective \(objective) needs \(what), which is not built yet"
    }
  }

  package var remedy: String? {
    switch code {
    case .unknownObjective(_, _, let built):
      "choose one of: \(built.joined(separator: ", ")); 'penchant objectives' tells them apart"
    case .objectiveDoesNotMix(_, let mixing): "these can: \(mixing.joined(separator: ", "))"
    case .optionWithoutMeaning(let option, _, let instead):
      "\(instead) is the objective that takes --\(option)"
    case .fieldWithoutMeaning(let field, _, _, let instead):
      "remove the field, or use it: \(instead) is the objective that takes a \(field)"
    case .tooManyDropped(_, _, let maxLength, let context):
      (maxLength < context
        ? "raise --max-length (the model's context holds \(context)), or choose "
        : "the model's context holds no more: choose ")
        + "--truncation cut-prompt or keep-start, or drop to leave them out"
    case .outputExists(_, let canResume):
      canResume
        ? "--resume goes on with it, --overwrite begins anew"
        : "it has no checkpoint to go on from: begin anew with --overwrite"
    case .runInUse:
      "wait for its end, stop it (Ctrl-C keeps a checkpoint), or choose another --output"
    case .pairTooLong: "lower --max-length, or raise --micro-tokens"
    case .nothingToResume(_, let isBegun):
      isBegun
        ? "leave out --resume, and begin anew with --overwrite"
        : "leave out --resume to begin the run"
    case .configurationDiffers:
      "only --threads, --save-every and --device may differ on --resume; on another kind of device --micro-tokens too"
    case .inputDiffers: "resume with the same files, or begin a run in another --output"
    case .noIntactCheckpoint, .logTooShort: "begin the run anew with --overwrite"
    case .notFinite: "look at these pairs, lower --learning-rate, or try --dtype float32"
    case .weightsNotFinite: "lower --learning-rate; the last checkpoint is whole"
    case .notEnoughDisk: "make room, or choose another --output"
    case .initialMarginNotZero: "this is a defect of Penchant; please report it"
    case .notEnoughMemory(_, _, let parts): Self.memoryRemedy(parts)
    case .unknownMetric: "docs/METRICS.md lists the figures"
    case .noReportFacts(_, .noFolder), .noReportFacts(_, .noRun):
      "name the folder that was the --output of tune, sft or reward"
    case .noReportFacts(_, .sweep):
      "sweep.html compares them; name one of the folders in it"
    case .noReportFacts(_, .stopped): "--resume goes on with it and ends with a report"
    case .noReportFacts(_, .notWritten):
      "its figures are in metrics.jsonl; tune, sft and reward end with a report"
    case .metricNotThere, .unknownOption, .foreignOption, .wrongType,
      .conflictingOptions, .optionNeeds, .notInSemantics, .fieldOutOfRange, .valueOutOfRange,
      .noPairs, .checkpointDamaged, .requirementNotBuilt:
      nil
    }
  }

  private static func memoryRemedy(_ parts: [ForecastPart]) -> String {
    let largest = parts.sorted { $0.bytes > $1.bytes }.prefix(3)
    let list = largest.map { "\($0.name) \(ForecastPart.text(bytes: $0.bytes))" }
      .joined(separator: ", ")
    let advice =
      switch largest.first?.name {
      case ForecastPart.trainingState: "lower --lora-rank, or leave out --full"
      case ForecastPart.weights: "choose a smaller model, or --base-weights int8"
      default: "lower --micro-tokens or --max-length"
      }
    return "largest parts: \(list); \(advice)"
  }

  /// At most ten names; a list of hundreds helps nobody.
  private static func list(_ ids: [String]) -> String {
    let shown = ids.prefix(10).joined(separator: ", ")
    return ids.count > 10 ? "\(shown) and \(ids.count - 10) more" : shown
  }
}

extension CheckpointDefect {
  /// What is wrong, for people.
  package var wording: String {
    switch self {
    case .noManifest: "it was not finished"
    case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
    case .missingFile(let file): "\(file) is missing"
    case .wrongSize(let file, let expected, let found):
      "\(file) has \(found) bytes in place of \(expected)"
    case .wrongDigest(let file): "\(file) is not the file that was written"
    case .wrongTensor(let name): "tensor \(name) is missing or has another shape"
    }
  }
}
