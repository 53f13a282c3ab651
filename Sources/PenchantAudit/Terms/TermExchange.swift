/// Terms of ``TermKind`` in a text, and the text with them exchanged.
package enum TermExchange {
  /// A term where it stands.
  struct Term {
    /// Bytes of the text.
    let range: Range<Int>
    /// Whether it is of the kind's first group.
    let isFirst: Bool
    /// The other group's term, in this one's case.
    let other: [UInt8]
  }

  private struct Entry: Sendable {
    let kind: Int
    let isFirst: Bool
    /// The other group's term before a noun; from elsewhere it differs for his and her alone.
    let before: String
    let elsewhere: String
  }

  private static let lexicon = Lexicon<Entry>(
    TermKind.all.enumerated().flatMap { kind, terms in
      terms.pairs.flatMap { first, second in
        [
          (first, Entry(kind: kind, isFirst: true, before: second, elsewhere: second)),
          (second, Entry(kind: kind, isFirst: false, before: first, elsewhere: first)),
        ]
      }
    } + [
      ("his", Entry(kind: 0, isFirst: true, before: "her", elsewhere: "hers")),
      ("him", Entry(kind: 0, isFirst: true, before: "her", elsewhere: "her")),
      ("her", Entry(kind: 0, isFirst: false, before: "his", elsewhere: "him")),
      ("hers", Entry(kind: 0, isFirst: false, before: "his", elsewhere: "his")),
    ])

  /// Words that no noun phrase begins with after his or her: `told her that`, `his and`; all else counts as the
  /// beginning of one.
  private static let noNoun = Lexicon<Void>(
    """
    a about after again all also an and any are as at away back be because become before but by can come could did do \
    does down feel for from get go had has have he her here him how i if in into is it know later learn may me might must \
    not now of off on onto or out over see she should so some than that the them then there they this through to today \
    tomorrow too under understand until up us was we were what when where while who why will with without would yesterday \
    you
    """.split(separator: " ").map { (String($0), ()) })

  /// The terms of a text, in order, by kind.
  static func terms(of text: [UInt8]) -> [[Term]] {
    var terms = [[Term]](repeating: [], count: TermKind.all.count)
    for match in lexicon.matches(in: text) {
      let entry = match.entry
      let word = text[match.range]
      if TermKind.all[entry.kind].isCapitalised, !isCapital(word.first) { continue }
      let other =
        entry.before != entry.elsewhere && standsBeforeNoun(match.range.upperBound, text)
        ? entry.before : entry.elsewhere
      terms[entry.kind].append(
        Term(range: match.range, isFirst: entry.isFirst, other: cased(other, like: word)))
    }
    return terms
  }

  /// The text with the terms given exchanged, which are in order.
  static func exchanged(_ text: [UInt8], _ terms: [Term]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + 8 * terms.count)
    var position = 0
    for term in terms {
      result += text[position..<term.range.lowerBound]
      result += term.other
      position = term.range.upperBound
    }
    return result + text[position...]
  }

  /// The text with the terms of one of ``TermKind/all`` exchanged.
  package static func exchanged(_ text: String, kind: String) -> String {
    guard let index = TermKind.all.firstIndex(where: { $0.name == kind }) else { return text }
    let bytes = Array(text.utf8)
    return String(decoding: exchanged(bytes, terms(of: bytes)[index]), as: UTF8.self)
  }

  private static func standsBeforeNoun(_ end: Int, _ text: [UInt8]) -> Bool {
    let next: [UInt8]? = text.withUnsafeBufferPointer { bytes in
      guard let word = WordRun(bytes, from: end), word.range.lowerBound > end,
        bytes[end..<word.range.lowerBound].allSatisfy(\.isSpace)
      else { return nil }
      return Array(bytes[word.range])
    }
    return next.map { noNoun.matches(in: $0).isEmpty } ?? false
  }

  private static func isCapital(_ byte: UInt8?) -> Bool {
    byte.map { (0x41...0x5a).contains($0) } ?? false
  }

  /// `HE` gives `SHE`, `He` gives `She`, `he` gives `she`.
  private static func cased(_ word: String, like model: ArraySlice<UInt8>) -> [UInt8] {
    let isShouted = model.count > 1 && model.allSatisfy { !$0.isLetter || isCapital($0) }
    if isShouted { return Array(word.uppercased().utf8) }
    var bytes = word.utf8.map(\.lowercased)
    if isCapital(model.first), bytes[0].isLetter { bytes[0] &= 0xdf }
    return bytes
  }
}
