package import PenchantCore

/// What can go wrong while tuning.
package struct TuningError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    // Choices.
    /// No objective has this name.
    case unknownObjective(name: String, nearest: String?, built: [String])
    /// The objective cannot be a term of a list.
    case objectiveDoesNotMix(name: String, mixing: [String])
    /// The objective would ignore the option.
    case optionWithoutMeaning(option: String, objective: String, instead: String)
    /// The objective would ignore a field of the data.
    case fieldWithoutMeaning(field: String, objective: String, id: String, instead: String)
    /// A field of the data has an impossible value.
    case fieldOutOfRange(field: String, id: String, range: String)
    /// A value is outside what its option takes.
    case valueOutOfRange(option: String, value: String, range: String)
    /// No option has this name.
    case unknownOption(name: String, nearest: String?)
    /// Another trainer's name for one of our options.
    case foreignOption(name: String, ours: String)
    /// The value of an option has the wrong type.
    case wrongType(option: String, expected: String)
    /// No figure of metrics.jsonl has this name.
    case unknownMetric(name: String, nearest: String?)
    /// The figure exists, and this run will not have it.
    case metricNotThere(name: String, reason: String)
    /// A run's report cannot be made from what its folder holds.
    case noReportFacts(path: String, MissingFacts)
    /// Two options exclude each other.
    case conflictingOptions(String, String)
    /// An option has a meaning together with another alone.
    case optionNeeds(option: String, other: String)
    /// Another trainer's meaning of an option is not reproduced.
    case notInSemantics(option: String, semantics: String, reason: String)

    // Data.
    /// There is nothing to learn from.
    case noPairs
    /// More rows would be left out than anybody would want unasked.
    case tooManyDropped(dropped: Int, of: Int, maxLength: Int, context: Int)
    /// One pair does not fit the memory plan.
    case pairTooLong(id: String, tokens: Int, limit: Int)

    // Run directories.
    /// Something stands where the run should go.
    case outputExists(path: String, canResume: Bool)
    /// Another process trains into the folder; who, if known.
    case runInUse(path: String, holder: FileLock.Holder?)
    /// There is no checkpoint to continue from, in a run that was begun or where there is none.
    case nothingToResume(path: String, isBegun: Bool)
    /// Every checkpoint is damaged.
    case noIntactCheckpoint(path: String, skipped: [SkippedCheckpoint])
    /// A checkpoint cannot be used.
    case checkpointDamaged(path: String, CheckpointDefect)
    /// Options differ from those the run was begun with.
    case configurationDiffers([OptionDifference])
    /// The model or the data is not what the run was begun with.
    case inputDiffers(what: String)
    /// A log has lost lines the checkpoint knows of.
    case logTooShort(path: String, expected: Int, found: Int)

    // The run itself.
    /// A number that is none came up; nothing was changed by that step.
    case notFinite(what: String, step: Int, ids: [String])
    /// An update has made weights that are no numbers; they were not saved.
    case weightsNotFinite(step: Int)
    /// Policy and reference should be equal before the first step and are not.
    case initialMarginNotZero(id: String, margin: Double)
    /// The plan needs more memory than the machine has.
    case notEnoughMemory(needed: Int, available: Int, parts: [ForecastPart])
    /// The checkpoints would not fit the file system.
    case notEnoughDisk(path: String, needed: Int, free: Int)
    /// The run's objective has requirements the loop has no code for yet.
    case requirementNotBuilt(objective: String, what: String)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}

/// An option that differs from what the run was begun with.
package struct OptionDifference: Sendable, Equatable {
  package let option: String
  package let was: String
  package let now: String
}

/// A checkpoint passed over, and why.
package struct SkippedCheckpoint: Sendable, Equatable {
  package let name: String
  package let defect: CheckpointDefect
}

/// Why a checkpoint cannot be used.
package enum CheckpointDefect: Sendable, Equatable {
  /// The manifest, written last, is not there.
  case noManifest
  /// A file does not hold what it should.
  case unreadable(file: String, reason: String)
  /// A file of the manifest is not there.
  case missingFile(String)
  case wrongSize(file: String, expected: Int, found: Int)
  case wrongDigest(file: String)
  /// A tensor is missing or has the wrong shape.
  case wrongTensor(name: String)
}

/// Why a folder has no report.json.
package enum MissingFacts: Sendable, Equatable {
  /// There is no folder.
  case noFolder
  /// No run has begun there.
  case noRun
  /// Several runs are there, each in a folder of its own.
  case sweep
  /// The run has a checkpoint and no result.
  case stopped
  /// The run ended and wrote none.
  case notWritten
}
