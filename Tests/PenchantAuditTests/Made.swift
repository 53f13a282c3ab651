import PenchantAudit
import PenchantCore
import PenchantData

/// Pairs made for a test.
enum Made {
  static func pair(
    _ prompt: String, _ chosen: String, _ rejected: String?, row: Int = 1, system: String? = nil,
    margin: Double? = nil, isTie: Bool = false, extra: JSONObject = JSONObject()
  ) -> Pair {
    Pair(
      id: "\(row)", prompt: .text(prompt), chosen: .text(chosen),
      rejected: rejected.map { .text($0) },
      systemPrompt: system, margin: margin, isTie: isTie,
      source: RowLocation(file: "made.jsonl", row: row, line: row), extra: extra)
  }

  static func chat(
    _ prompt: [(String, String)], _ chosen: [(String, String)], _ rejected: [(String, String)]
  ) -> Pair {
    func messages(_ turns: [(String, String)]) -> Passage {
      .messages(turns.map { Message(role: $0.0, content: $0.1) })
    }
    return Pair(
      id: "1", prompt: messages(prompt), chosen: messages(chosen), rejected: messages(rejected),
      source: RowLocation(file: "made.jsonl", row: 1, line: 1))
  }

  /// Pairs that nothing is wrong with: words drawn at random for each text from a vocabulary of 3000.
  static func clean(_ count: Int, seed: UInt64 = 1) -> [Pair] {
    var numbers = Philox(seed: seed, stream: .synthetic).generator()
    func text(_ words: Int) -> String {
      var text = ""
      for _ in 0..<words { text += "w\(numbers.nextInt(below: 3000)) " }
      return text + "end."
    }
    return (0..<count).map { index in
      let length = 20 + numbers.nextInt(below: 20)
      return pair(
        text(12) + "?", text(length), text(length + numbers.nextInt(below: 3) - 1), row: index + 1)
    }
  }

  /// The ids of what an audit finds.
  static func findings(_ pairs: [Pair], evaluation: [Pair] = []) throws -> [String] {
    try Audit(pairs, evaluation: evaluation).findings.map(\.check.id)
  }

  /// The finding with an id.
  static func finding(_ id: String, _ pairs: [Pair], evaluation: [Pair] = []) throws -> Finding? {
    try Audit(pairs, evaluation: evaluation).findings.first { $0.check.id == id }
  }
}
