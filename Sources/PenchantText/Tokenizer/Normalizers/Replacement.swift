import PenchantCore

/// Replaces what a pattern matches: the Replace normalizer and decoder.
struct Replacement: Sendable {
  private enum Pattern: Sendable {
    /// A text to be found as it is, not empty and short.
    case literal([UInt8])
    case regex(LinearRegex)
  }

  private let pattern: Pattern
  private let content: [UInt8]

  /// Longer literals are searched by an automaton, which does not depend on how they repeat.
  private static let longestLiteral = 16

  /// Reads `pattern` and `content`.
  init(_ field: TokenizerField) throws(TextError) {
    content = Array(try field.required("content").string().utf8)
    let pattern = try field.required("pattern")
    if let literal = pattern["String"] {
      let text = try literal.string()
      if (1...Self.longestLiteral).contains(text.utf8.count) {
        self.pattern = .literal(Array(text.utf8))
      } else {
        self.pattern = .regex(try literal.regex(.literal(text)))
      }
    } else {
      let regex = try pattern.required("Regex")
      self.pattern = .regex(try regex.regex(regex.pattern()))
    }
  }

  init(_ literal: String, with content: String) {
    precondition((1...Self.longestLiteral).contains(literal.utf8.count), "Replacement: \(literal)")
    pattern = .literal(Array(literal.utf8))
    self.content = Array(content.utf8)
  }

  /// The literal that is looked for, if it is one.
  var literal: [UInt8]? {
    if case .literal(let literal) = pattern { literal } else { nil }
  }

  /// The text with every match replaced; nil when there is none.
  func applied(to bytes: [UInt8]) -> [UInt8]? {
    var text = NormalizedText(bytes: bytes, originCount: 0)
    return apply(to: &text) ? text.bytes : nil
  }

  /// Replaces every match; false when there is none.
  @discardableResult
  func apply(to text: inout NormalizedText) -> Bool {
    var result: [UInt8] = []
    var end = 0
    var hasMatch = false
    var originCount = text.originCount
    text.bytes.withUnsafeBufferPointer { [content] bytes in
      forEachMatch(in: bytes) { match in
        if !hasMatch { result.reserveCapacity(bytes.count + content.count) }
        hasMatch = true
        if match.lowerBound < text.originCount || (match.isEmpty && match.lowerBound == 0) {
          // What is put in counts as the last character that it replaces.
          let covers = match.upperBound <= text.originCount && text.originCount > 0
          originCount +=
            (covers ? content.count : 0)
            - (min(match.upperBound, text.originCount) - match.lowerBound)
        }
        result += bytes[end..<match.lowerBound]
        result += content
        end = match.upperBound
      }
      if hasMatch { result += bytes[end...] }
    }
    if hasMatch { text.replace(with: result, originCount: originCount) }
    return hasMatch
  }

  private func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    switch pattern {
    case .regex(let regex): regex.forEachMatch(in: text, body)
    case .literal(let literal):
      var position = 0
      while position + literal.count <= text.count {
        if text[position] == literal[0], text[position...].starts(with: literal) {
          body(position..<position + literal.count)
          position += literal.count
        } else {
          position += 1
        }
      }
    }
  }
}

extension TokenizerField {
  /// The regular expression that this string is.
  func pattern() throws(TextError) -> RegexNode {
    let text = try string()
    do throws(LinearRegexError) { return try RegexParser.parse(text) } catch {
      throw TextError(.pattern(path: path, error: error))
    }
  }

  /// A parsed pattern compiled; failures name this member.
  func regex(_ node: RegexNode) throws(TextError) -> LinearRegex {
    do throws(LinearRegexError) { return try LinearRegex(node) } catch {
      throw TextError(.pattern(path: path, error: error))
    }
  }
}
