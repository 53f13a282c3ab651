/// What an answer looks like from far away: counts that Arena's style control uses, and a few yes or no.
struct AnswerFacts: Sendable, Equatable {
  /// Things that are counted; names are those of the report.
  enum Style: Int, CaseIterable, Sendable {
    case characters, headers, lists, bold, code, emoji, links, exclamations, questions, paragraphs

    var name: String {
      switch self {
      case .characters: "length"
      case .headers: "headers"
      case .lists: "list items"
      case .bold: "bold"
      case .code: "code blocks"
      case .emoji: "emoji"
      case .links: "links"
      case .exclamations: "exclamation marks"
      case .questions: "question marks"
      case .paragraphs: "paragraphs"
      }
    }
  }

  /// Things that an answer has or has not.
  enum Trait: Int, CaseIterable, Sendable {
    case refusal, affirmative, agreement, openFence, unfinished

    var name: String {
      switch self {
      case .refusal: "refuses"
      case .affirmative: "begins with yes or sure"
      case .agreement: "agrees or apologises"
      case .openFence: "leaves a code fence open"
      case .unfinished: "ends in mid-sentence"
      }
    }
  }

  /// Indexed by ``Style``.
  var counts: SIMD16<Float> = .zero
  /// A bit for each ``Trait``.
  var traits: UInt8 = 0
  /// How many insults, slurs, threats and terms for groups, indexed by ``ToxicTerms/Sort``.
  var terms: SIMD4<UInt8> = .zero

  subscript(style: Style) -> Float {
    get { counts[style.rawValue] }
    set { counts[style.rawValue] = newValue }
  }

  func has(_ trait: Trait) -> Bool { traits & 1 << UInt8(trait.rawValue) != 0 }

  private mutating func set(_ trait: Trait, _ isTrue: Bool) {
    if isTrue { traits |= 1 << UInt8(trait.rawValue) }
  }

  init(_ text: [UInt8]) {
    let fences = count(text)
    let opening = text.lowercasedPrefix(240)
    set(.refusal, Phrases.refusal.isIn(opening))
    set(.affirmative, Phrases.affirmative.begin(Array(opening.trimmed)))
    set(.agreement, Phrases.agreement.isIn(opening))
    set(.openFence, fences % 2 == 1)
    // Ends on a letter or a comma; titles and lists of words do so too, which is why only sides are compared.
    let last = text.trimmed.last ?? 0x2e
    set(.unfinished, text.count > 200 && (last.isLetter || last == 0x2c))
    terms = ToxicTerms.counts(in: text)
  }

  /// Counts in one pass; code blocks count as code and nothing else, as Arena strips them first.
  /// - Returns: fences seen.
  private mutating func count(_ text: [UInt8]) -> Int {
    var (fences, lineStart, position, inCode, newlines) = (0, true, 0, false, 0)
    var counts = [Float](repeating: 0, count: 16)
    func add(_ style: Style) { counts[style.rawValue] += 1 }
    text.withUnsafeBufferPointer { bytes in
      func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
      while position < bytes.count {
        let byte = bytes[position]
        if byte & 0xc0 != 0x80 { add(.characters) }
        if byte == 0x60, at(position + 1) == 0x60, at(position + 2) == 0x60 {
          fences += 1
          inCode.toggle()
          if inCode { add(.code) }
          counts[Style.characters.rawValue] += 2
          position += 3
          lineStart = false
          continue
        }
        if byte == 0x0a {
          newlines += 1
          if newlines == 2 { add(.paragraphs) }
          lineStart = true
          position += 1
          continue
        }
        if !byte.isSpace { newlines = 0 }
        if !inCode {
          if lineStart, !byte.isSpace { Self.line(bytes, position).map(add) }
          switch byte {
          case 0x21: add(.exclamations)
          case 0x3f: add(.questions)
          case 0x2a, 0x5f:
            if at(position + 1) == byte, let end = Self.closing(bytes, position, byte) {
              add(.bold)
              for inside in bytes[(position + 1)..<end] where inside & 0xc0 != 0x80 {
                add(.characters)
              }
              (position, lineStart) = (end, false)
              continue
            }
          case UInt8(ascii: "h"):
            if at(position + 1) == 0x74, at(position + 2) == 0x74, at(position + 3) == 0x70,
              text.has(Array("http://".utf8), at: position)
                || text.has(Array("https://".utf8), at: position)
            {
              add(.links)
            }
          case 0xf0 where at(position + 1) == 0x9f: add(.emoji)
          case 0xe2 where (0x98...0x9e).contains(at(position + 1)): add(.emoji)
          default: break
          }
        }
        if !byte.isSpace { lineStart = false }
        position += 1
      }
    }
    for index in 0..<16 { self.counts[index] = counts[index] }
    return fences
  }

  /// What a line that begins here is: `# …`, `- …`, `1. …`.
  private static func line(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Style? {
    func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    var position = start
    while at(position) == 0x23, position - start < 7 { position += 1 }
    if position > start { return position - start <= 6 && at(position).isSpace ? .headers : nil }
    if [0x2d, 0x2a, 0x2b].contains(at(start)) { return at(start + 1) == 0x20 ? .lists : nil }
    while at(position).isDigit { position += 1 }
    return position > start && position - start < 4 && at(position) == 0x2e
      && at(position + 1).isSpace
      ? .lists : nil
  }

  /// The end of what `**` at `start` opens, if it is closed on its line with something between.
  private static func closing(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ mark: UInt8
  ) -> Int? {
    var position = start + 2
    while position < bytes.count, bytes[position] != 0x0a, bytes[position] != mark { position += 1 }
    let isClosed =
      position > start + 2 && position + 1 < bytes.count && bytes[position] == mark
      && bytes[position + 1] == mark
    return isClosed ? position + 2 : nil
  }
}
