import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// What runs on the same model and the same pairs share: read, opened, split, encoded and digested once.
final class TunePreparation {
  let reporter: TuneReporter
  let model: LanguageModel
  let encoder: ExampleEncoder
  let data: TuneData
  let encoded: TuneData.Encoded
  /// What reading the files said.
  let notes: [String]
  /// Prompts that are sampled while a run goes on.
  let probes: [(prompt: SampleProbe.Prompt, text: String)]
  /// Digests of the weight files.
  let weights: [String]
  let operationsPerSecond: Double
  private var cache: (path: String, open: ReferenceCache)?
  /// Whether the user's cache folder was found to be of no use, and that was said.
  private var isCacheRefused = false

  /// Reads and encodes what is asked for, and says so.
  init(_ asked: TuneConfiguration, _ options: RunOptions, reporter: TuneReporter) throws {
    self.reporter = reporter
    let objective = try ObjectiveCatalog.objective(asked.objectiveChoice)
    let needs = objective.requirements
    let reading = options.dataOptions.reading
    // Data before the model: mistakes there are the more common ones and show at once.
    var notes: [String] = []
    let evalData = options.measuring.evalData
    let comparesAnswers = needs.answers != .chosen
    let pairs = try SurveyedPairs(
      options.dataOptions.data, reading, judged: needs.isUnpaired, patch: asked.patch,
      audits: needs.comparesAnswers && !needs.isUnpaired, hashesRows: !evalData.isEmpty,
      comparesAnswers: comparesAnswers
    ) { notes.append($0) }
    let evaluation =
      evalData.isEmpty
      ? nil
      : try EvaluationPairs(
        evalData, reading, against: pairs, judged: needs.isUnpaired,
        comparesAnswers: comparesAnswers
      ) { notes.append($0) }
    model = try options.modelOptions.load()
    try TuneDefaults.check(asked, context: model.architecture.maxPositions)
    let (resolved, _) = TuneDefaults.resolveReading(
      asked, pairs: pairs.index.count, context: model.architecture.maxPositions)
    encoder = try ExampleEncoder(
      model, options: Self.encodingOptions(resolved), answers: needs.answers,
      scoresPrompt: needs.scoresPrompt)
    if encoder.conversation.wrapsStrings, pairs.hasPlainPairs {
      reporter.terminal.line(
        "plain strings are wrapped as one user turn and its answer (--prompt-format raw takes them as they are)"
      )
    }
    reporter.model(model)
    data = try TuneData(
      resolved, pairs: pairs, evaluation: evaluation,
      holdoutWasChosen: options.measuring.holdout != nil)
    reporter.data(notes, data, compares: needs.comparesAnswers)
    encoded = try data.encode(
      encoder, context: model.architecture.maxPositions,
      truncationWasChosen: options.truncation != nil, readsEnds: needs.head == .scalar,
      check: { try objective.check($0.facts) }
    ) {
      reporter.progress.update(stage: "encoding", completed: $0, total: $1, unit: "pairs")
    }
    reporter.progress.clear()
    reporter.encoding(encoded, assistant: encoder.assistantSource)
    if model.baseWeights == .int8, needs.head != .scalar {
      let examples = try Self.effectExamples(encoded.training)
      reporter.effect(try Self.effect(model, examples), pairs: examples.count)
    }
    if needs.isUnpaired { reporter.judged(encoded.training, asked) }
    self.notes = notes
    probes = try Self.probes(asked, data, encoder.conversation, model)
    weights = try model.weightFiles.map { try Digest.sha256(piecesOf: $0).hex }
    operationsPerSecond = try MatrixSpeed.operationsPerSecond(model.device, dtype: model.dtype)
  }

  /// The cache of a reference; runs that share one reference share it.
  ///
  /// Where it stands in the user's cache folder, which nobody named, one that cannot be had costs time and is said; where
  /// the folder was named it is an error.
  func referenceCache(
    _ assembly: TuneAssembly, _ configuration: TuneConfiguration
  ) throws -> ReferenceCache? {
    guard configuration.referenceCache != "off", !isCacheRefused,
      let identity = try assembly.referenceIdentity(configuration, weights: weights)
    else { return nil }
    let key = FileSystem.join(configuration.referenceCache, identity.hex)
    if let cache, cache.path == key { return cache.open }
    cache = nil
    do {
      let open = try ReferenceCache(folder: configuration.referenceCache, identity: identity)
      cache = (key, open)
      return open
    } catch {
      guard configuration.referenceCache == CacheFolder.path("reference") else { throw error }
      isCacheRefused = true
      reporter.uncached(because: error)
      return nil
    }
  }

  /// The text of a pair's parts, for those who read the report.
  func texts(_ ids: [String]) throws -> [(id: String, text: RunFacts.PairText)] {
    let found = try data.pairs(named: Set(ids))
    return ids.sorted().compactMap { id in
      found[id].map { pair in
        (
          id: id,
          text: RunFacts.PairText(
            row: pair.source.description, prompt: pair.prompt.text, chosen: pair.chosen.text,
            rejected: pair.rejected?.text ?? "")
        )
      }
    }
  }

  private static func encodingOptions(_ configuration: TuneConfiguration) -> EncodingOptions {
    EncodingOptions(
      promptFormat: configuration.promptFormat, trainOn: configuration.trainOn,
      maxLength: configuration.maxLength, truncation: configuration.truncation,
      onMismatch: configuration.onMismatch)
  }

  /// nil where the device has no memory of its own for the files' weights beside those it computes with.
  private static func effect(
    _ model: LanguageModel, _ examples: [TokenizedExample]
  ) throws -> BaseWeightsEffect? {
    do { return try BaseWeightsEffect.measure(model, examples) } catch let error as EngineError {
      guard case .outOfMemory = error.code, model.device.availableBytes != nil else { throw error }
      return nil
    }
  }

  /// The first examples of together at most so many tokens, one at least: enough answer tokens for a mean, few
  /// enough to cost little beside a step.
  private static func effectExamples(
    _ list: ExampleList, tokens limit: Int = 1024
  ) throws -> [TokenizedExample] {
    var chosen: [TokenizedExample] = []
    var tokens = 0
    for place in 0..<list.count {
      let example = try list[place]
      tokens += example.tokenCount
      guard chosen.isEmpty || tokens <= limit else { break }
      chosen.append(example)
    }
    return chosen
  }

  /// How many prompts are sampled unless a file says so.
  private static let probeCount = 8

  private static func probes(
    _ asked: TuneConfiguration, _ data: TuneData, _ encoder: ConversationEncoder,
    _ model: LanguageModel
  ) throws -> [(prompt: SampleProbe.Prompt, text: String)] {
    guard asked.samplesAnswers else { return [] }
    let context = model.architecture.maxPositions
    if let path = asked.samplePrompts {
      let rows = try PromptFile.read(path, limit: nil)
      return zip(rows, try PromptFile.tokens(of: rows, encoder, context: context)).map {
        (SampleProbe.Prompt(id: $0.id, tokens: $1), $0.asPair.lastQuestion)
      }
    }
    return try AnswerSample.choose(try data.shown(), count: probeCount).compactMap { pair in
      let tokens = try encoder.prompt(of: pair)
      // A prompt that fills the context leaves no room for an answer.
      guard tokens.count < context else { return nil }
      return (SampleProbe.Prompt(id: pair.id, tokens: tokens), pair.lastQuestion)
    }
  }
}

extension Pair {
  /// Whether prompt and answers are plain text.
  var isPlain: Bool {
    if case .text = prompt, case .text = chosen { true } else { false }
  }

  /// What was asked last.
  var lastQuestion: String {
    switch prompt {
    case .text(let text): text
    case .messages(let messages): messages.last { $0.role == "user" }?.text ?? prompt.text
    }
  }
}
