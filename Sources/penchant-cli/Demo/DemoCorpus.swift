import CPenchantDemo
import PenchantCore
import PenchantData

/// The two ways in which the corpus explains each topic.
enum DemoStyle: String, CaseIterable {
  /// Clear, speaks to the reader.
  case friendly
  /// Terse and technical.
  case curt

  var other: DemoStyle { self == .friendly ? .curt : .friendly }
}

/// One topic: a question in two wordings, three answers in each style, and what every answer must say.
struct DemoTopic {
  let name: String
  let split: String
  let questions: [String]
  let answers: [DemoStyle: [String]]
  /// Each fact is said where one of its spellings occurs.
  let facts: [[String]]

  var allAnswers: [String] { DemoStyle.allCases.flatMap { answers[$0] ?? [] } }

  /// The share of the facts that a text keeps, 0…1.
  func factsKept(in text: String) -> Double {
    let text = text.lowercased()
    let kept = facts.count { $0.contains { text.contains($0) } }
    return Double(kept) / Double(max(1, facts.count))
  }

  /// Three pairs a question: each answer in the preferred style against one in the other.
  func pairs(preferring style: DemoStyle) -> [Pair] {
    let (liked, other) = (answers[style] ?? [], answers[style.other] ?? [])
    return questions.enumerated().flatMap { number, question in
      zip(liked, other).enumerated().map { wording, texts in
        Pair(
          id: "\(name)-\(number + 1)\(wording + 1)",
          prompt: .messages([Message(role: "user", content: question)]),
          chosen: .messages([Message(role: "assistant", content: texts.0)]),
          rejected: .messages([Message(role: "assistant", content: texts.1)]),
          source: RowLocation(file: "corpus", row: 1, line: 1))
      }
    }
  }
}

/// The corpus, embedded in the program.
struct DemoCorpus {
  let train: [DemoTopic]
  let validation: [DemoTopic]
  let test: [DemoTopic]

  init() throws {
    let text = String(decoding: try DemoAssets.file("corpus.jsonl"), as: UTF8.self)
    var topics: [String: [DemoTopic]] = [:]
    for line in text.split(separator: "\n") {
      let topic = try Self.topic(JSON.parse(String(line)))
      topics[topic.split, default: []].append(topic)
    }
    train = topics["train"] ?? []
    validation = topics["validation"] ?? []
    test = topics["test"] ?? []
  }

  private static func topic(_ row: JSON) throws -> DemoTopic {
    func strings(_ value: JSON?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
    guard let name = row["topic"]?.string, let split = row["split"]?.string,
      let facts = row["facts"]?.array
    else { throw CommandError(.demoAsset("corpus.jsonl")) }
    return DemoTopic(
      name: name, split: split, questions: strings(row["questions"]),
      answers: [.curt: strings(row["curt"]), .friendly: strings(row["friendly"])],
      facts: facts.map { strings($0) })
  }
}

/// The files that travel in the program.
enum DemoAssets {
  /// What makes up the model folder.
  private static let modelFiles = [
    "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors",
  ]

  static func file(_ name: String) throws(CommandError) -> [UInt8] {
    var count = 0
    guard let bytes = pen_demo_file(name, &count) else { throw CommandError(.demoAsset(name)) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Writes the base model as a folder that every other command takes.
  static func writeModel(to folder: String) throws {
    try FileSystem.createDirectories(folder)
    for name in modelFiles {
      try AtomicFile.write(
        path: FileSystem.join(folder, name), contents: try file(name), overwrite: true)
    }
  }
}
