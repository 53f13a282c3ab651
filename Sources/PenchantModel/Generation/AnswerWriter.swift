import PenchantText

/// Collects the text of one answer as its tokens come, and sees where it ends.
struct AnswerWriter {
  private var decoder: StreamingDecoder
  private let endTokens: Set<Int32>
  private let stops: [[UInt8]]
  private let longestStop: Int
  private var tokens: [Int32] = []
  /// Text given out.
  private var text = ""
  /// Text that could be the beginning of a stop string.
  private var held: [UInt8] = []
  private(set) var isOver = false

  init(_ model: LanguageModel, stops: [String]) {
    decoder = model.tokenizer.streamingDecoder(skipSpecialTokens: true)
    endTokens = model.endTokens
    self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
    longestStop = self.stops.map(\.count).max() ?? 0
  }

  /// Takes the next token and returns the text that has become certain.
  mutating func append(_ token: Int32) -> String {
    tokens.append(token)
    guard !endTokens.contains(token) else {
      isOver = true
      return ""
    }
    held += Array(decoder.append(token).utf8)
    if let end = firstStop() {
      isOver = true
      held.removeSubrange(end...)
      return release(keeping: 0)
    }
    return release(keeping: stopPrefixLength())
  }

  /// What is still held back, once no more tokens come.
  mutating func finish() -> String {
    if !isOver { held += Array(decoder.finish().utf8) }
    return release(keeping: 0)
  }

  var result: GeneratedText {
    GeneratedText(tokens: tokens, text: text, finish: isOver ? .stop : .length)
  }

  private mutating func release(keeping count: Int) -> String {
    let released = String(decoding: held.dropLast(count), as: UTF8.self)
    held.removeFirst(held.count - count)
    text += released
    return released
  }

  /// Where the first stop string begins in the held text.
  private func firstStop() -> Int? {
    guard longestStop > 0 else { return nil }
    return held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// How many bytes at the end could become a stop string.
  private func stopPrefixLength() -> Int {
    guard longestStop > 1 else { return 0 }
    for count in stride(from: min(longestStop - 1, held.count), through: 1, by: -1)
    where stops.contains(where: { $0.starts(with: held.suffix(count)) }) {
      return count
    }
    return 0
  }
}
