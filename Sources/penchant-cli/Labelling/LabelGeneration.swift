#if Studio
  import ArgumentParser
  import PenchantCore
  import PenchantData
  import PenchantEngine
  import PenchantModel
  import PenchantStudio

  /// What the second of two answers comes from.
  enum SecondAnswer: ExpressibleByArgument, Equatable {
    /// The same model and adapter with other random numbers.
    case again
    /// The model without an adapter.
    case base
    case adapter(folder: String)
    case model(folder: String)

    init?(argument: String) {
      if argument == "again" {
        self = .again
      } else if argument == "base" {
        self = .base
      } else if argument.hasPrefix("adapter:"), argument.utf8.count > 8 {
        self = .adapter(folder: String(argument.dropFirst(8)))
      } else if argument.hasPrefix("model:"), argument.utf8.count > 6 {
        self = .model(folder: String(argument.dropFirst(6)))
      } else {
        return nil
      }
    }

    var defaultValueDescription: String {
      switch self {
      case .again: "again"
      case .base: "base"
      case .adapter(let folder): "adapter:\(folder)"
      case .model(let folder): "model:\(folder)"
      }
    }
  }

  /// Two answers of a model to each prompt.
  struct LabelGeneration: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "Model that answers each prompt twice: a folder, or OWNER/NAME that was pulled.",
        valueName: "folder"))
    var model: String?

    @Option(
      help: ArgumentHelp(
        "JSONL file of prompts; of pairs the prompts are taken.", valueName: "file"))
    var prompts: String?

    @Option(help: ArgumentHelp("PEFT folder to apply.", valueName: "folder"))
    var adapter: String?

    @Option(
      help: ArgumentHelp(
        "What gives the second answer: the same with other random numbers, the model without adapter, another adapter, another model.",
        valueName: "again|base|adapter:folder|model:folder"))
    var against = SecondAnswer.again

    @Option(
      help:
        "auto wraps a string as a user turn where the model has a chat template; raw continues it as it is."
    )
    var promptFormat = EncodingOptions.PromptFormat.auto

    @OptionGroup var engine: EngineOptions
    @OptionGroup var sampling: SamplingOptions

    @Option(
      help: ArgumentHelp(
        "Prompts answered together; the answers do not depend on it.", valueName: "n"))
    var batchSize = 16

    func validate() throws {
      guard batchSize > 0 else {
        throw CommandError(
          .outOfRange(option: "batch-size", value: "\(batchSize)", expected: "at least 1"))
      }
      guard model != nil else {
        if let given {
          throw CommandError(.requires(option: String(given.dropFirst(2)), other: "model"))
        }
        return
      }
      if prompts == nil { throw CommandError(.requires(option: "model", other: "prompts")) }
      let isSame = against == .again || (against == .base && adapter == nil)
      if isSame, sampling.temperature == 0 {
        throw CommandError(
          .outOfRange(
            option: "temperature", value: "0", expected: "above 0, or both answers are the same"))
      }
    }

    /// The first of its options that was given, for messages.
    var given: String? {
      if model != nil { return "--model" }
      if prompts != nil { return "--prompts" }
      if adapter != nil { return "--adapter" }
      if against != .again { return "--against" }
      return sampling.given ?? engine.given
    }

    /// Reads the prompts, opens the models and encodes for each; nil where none was asked for.
    func prepare(limit: Int?) throws -> LabelAnswers? {
      guard let model, let prompts else { return nil }
      let rows = try PromptFile.read(prompts, limit: limit)
      func tokens(_ model: LanguageModel) throws -> [[Int32]] {
        try PromptFile.tokens(
          of: rows, try ConversationEncoder(model, format: promptFormat),
          context: model.architecture.maxPositions)
      }
      let opened = try engine.load(model)
      let own = try tokens(opened)
      let first = LabelAnswers.Voice(
        name: Self.name(model, adapter), model: opened,
        policy: try opened.policy(adapter: adapter), prompts: own)
      let second: LabelAnswers.Voice
      switch against {
      case .again: second = first
      case .base:
        second = .init(
          name: Self.name(model, nil), model: opened, policy: opened.basePolicy, prompts: own)
      case .adapter(let folder):
        second = .init(
          name: Self.name(model, folder), model: opened,
          policy: try opened.policy(adapter: folder), prompts: own)
      case .model(let folder):
        let other = try engine.load(folder)
        second = .init(
          name: Self.name(folder, nil), model: other, policy: other.basePolicy,
          prompts: try tokens(other))
      }
      return LabelAnswers(
        rows: rows, voices: [first, second], sampling: sampling, format: promptFormat,
        batchSize: batchSize)
    }

    private static func name(_ model: String, _ adapter: String?) -> String {
      FileSystem.name(of: model) + (adapter.map { "+" + FileSystem.name(of: $0) } ?? "")
    }
  }
#endif
