#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Tells the two styles apart by their words: naive Bayes with add-one smoothing.
///
/// It learns from the training topics' reference texts only, so that its verdict on test topics says something
/// about style and nothing about topics.
struct StyleClassifier {
  private var logOdds: [String: Double] = [:]
  private let unknown: Double

  init(_ topics: [DemoTopic]) {
    var counts: [DemoStyle: [String: Int]] = [.friendly: [:], .curt: [:]]
    for topic in topics {
      for (style, texts) in topic.answers {
        for word in texts.flatMap({ Self.features($0) }) {
          counts[style, default: [:]][word, default: 0] += 1
        }
      }
    }
    let friendly = counts[.friendly] ?? [:]
    let curt = counts[.curt] ?? [:]
    let vocabulary = Set(friendly.keys).union(curt.keys)
    let totals = (
      Double(friendly.values.reduce(0, +) + vocabulary.count),
      Double(curt.values.reduce(0, +) + vocabulary.count)
    )
    unknown = log(totals.1 / totals.0)
    for word in vocabulary {
      let odds = Double(friendly[word, default: 0] + 1) / Double(curt[word, default: 0] + 1)
      logOdds[word] = log(odds) + unknown
    }
  }

  func style(of text: String) -> DemoStyle {
    let score = Self.features(text).reduce(0) { $0 + (logOdds[$1] ?? unknown) }
    return score > 0 ? .friendly : .curt
  }

  /// The share of reference answers it puts into their own style.
  func accuracy(on topics: [DemoTopic]) -> Double {
    var (right, all) = (0, 0)
    for topic in topics {
      for (style, texts) in topic.answers {
        right += texts.count { self.style(of: $0) == style }
        all += texts.count
      }
    }
    return Double(right) / Double(max(1, all))
  }

  /// Words, and pairs of neighbours with the beginning as one of them.
  private static func features(_ text: String) -> [String] {
    let words = words(text)
    let pairs = zip(["^"] + words, words).map { "\($0) \($1)" }
    return words.map(String.init) + pairs
  }

  /// Words and punctuation marks, lower case; an apostrophe belongs to its word.
  static func words(_ text: String) -> [Substring] {
    var words: [Substring] = []
    let lower = Substring(text.lowercased())
    var start: Substring.Index?
    for index in lower.indices {
      let character = lower[index]
      if character.isLetter || character.isNumber || character == "'" {
        start = start ?? index
        continue
      }
      if let begin = start { words.append(lower[begin..<index]) }
      start = nil
      if !character.isWhitespace { words.append(lower[index...index]) }
    }
    if let begin = start { words.append(lower[begin...]) }
    return words
  }
}
