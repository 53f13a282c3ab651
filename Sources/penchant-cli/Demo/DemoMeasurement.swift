import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning

/// What a policy's sampled answers on a set of topics look like.
struct DemoMeasurement {
  /// Answers in the preferred style; a garbled one is in neither.
  let preferredShare: Double
  /// Of `preferredShare`, 95 %, by drawing topics again: the answers of one topic are not independent.
  let interval: Interval
  /// Key facts said, over all answers.
  let factsKept: Double
  /// Mean words an answer.
  let words: Double
  /// Answers that were cut off, repeat themselves, or use words that nobody wrote.
  let garbled: Double

  static let samplesPerTopic = 4
  static let temperature = 0.8
  private static let newTokens = 96

  /// Samples answers and looks at them.
  init(
    _ topics: [DemoTopic], policy: Policy, model: LanguageModel, prefer style: DemoStyle,
    judge: DemoJudge, seed: UInt64
  ) throws {
    let answers = try Self.answers(
      topics, policy: policy, model: model, prefer: style, seed: seed)
    var (shares, facts, words, garbled) = ([Double](), 0.0, 0, 0)
    for (number, topic) in topics.enumerated() {
      let start = number * Self.samplesPerTopic
      var preferred = 0
      for answer in answers[start..<start + Self.samplesPerTopic] {
        let isGarbled = judge.isGarbled(answer)
        garbled += isGarbled ? 1 : 0
        if !isGarbled, judge.classifier.style(of: answer.text) == style { preferred += 1 }
        facts += topic.factsKept(in: answer.text)
        words += answer.text.split(whereSeparator: \.isWhitespace).count
      }
      shares.append(Double(preferred) / Double(Self.samplesPerTopic))
    }
    let count = Double(max(1, answers.count))
    preferredShare = shares.reduce(0, +) / Double(max(1, topics.count))
    interval = Self.bootstrap(shares)
    factsKept = facts / count
    self.words = Double(words) / count
    self.garbled = Double(garbled) / count
  }

  /// Sampled answers, ``samplesPerTopic`` a topic, in the order of the topics.
  static func answers(
    _ topics: [DemoTopic], policy: Policy, model: LanguageModel, prefer style: DemoStyle,
    seed: UInt64
  ) throws -> [GeneratedText] {
    let encoder = try ConversationEncoder(model, format: .chat)
    let generator = TextGenerator(
      model, policy: policy, sampler: Sampler(temperature: temperature, seed: seed),
      limits: .init(newTokens: newTokens))
    let prompts = try topics.flatMap { topic in
      let pairs = topic.pairs(preferring: style)
      // Half of the answers to each wording of the question.
      return try (0..<samplesPerTopic).map { number in
        try encoder.prompt(of: pairs[number * pairs.count / samplesPerTopic])
      }
    }
    return try generator.generate(prompts)
  }

  /// The middle 95 % of the means of 4000 samples of topics, drawn with replacement (Efron's percentile interval).
  private static func bootstrap(_ shares: [Double]) -> Interval {
    guard !shares.isEmpty else { return Interval(lower: 0, upper: 1) }
    var generator = Philox(seed: 0, stream: .bootstrap).generator()
    let means = (0..<4000).map { _ in
      shares.indices.reduce(0.0) { sum, _ in sum + shares[generator.nextInt(below: shares.count)] }
        / Double(shares.count)
    }.sorted()
    return Interval(lower: means[100], upper: means[3899])
  }
}

/// Says of an answer which style it is in and whether it is an answer at all.
struct DemoJudge {
  let classifier: StyleClassifier
  private let vocabulary: Set<Substring>

  init(_ corpus: DemoCorpus) {
    classifier = StyleClassifier(corpus.train)
    let topics = corpus.train + corpus.validation + corpus.test
    vocabulary = Set(
      topics.flatMap { $0.allAnswers + $0.questions }.flatMap { StyleClassifier.words($0) })
  }

  /// An answer that did not end, says little, repeats four words, or uses a word the corpus does not have.
  func isGarbled(_ answer: GeneratedText) -> Bool {
    let words = StyleClassifier.words(answer.text)
    guard answer.finish == .stop, words.count >= 8, let last = words.last, ".!?".contains(last)
    else { return true }
    if words.contains(where: { !vocabulary.contains($0) }) { return true }
    var seen: Set<[Substring]> = []
    for start in 0...words.count - 4 where !seen.insert(Array(words[start..<start + 4])).inserted {
      return true
    }
    return false
  }
}
