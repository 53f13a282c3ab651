/// Cuts a template into tokens, with Jinja's rules for whitespace around tags.
///
/// `trim_blocks` drops the newline after a statement or comment, `lstrip_blocks` the blanks between the
/// start of a line and a statement or comment; `-` drops all white space on its side, `+` keeps it.
/// Time is linear in the length of the source.
struct TemplateLexer {
  let source: [Unicode.Scalar]
  var position = 0
  var tokens: [TemplateToken] = []
  private var countedPosition = 0
  private var countedLine = 1

  init(source text: String) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" {
        scalars[scalars.count - 1] = "\n"
      } else {
        // A carriage return is replaced only once its successor is known, so that "\r\n" is one newline.
        if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
        scalars.append(scalar)
      }
    }
    if scalars.last == "\r" { scalars[scalars.count - 1] = "\n" }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  /// The tokens of the whole template; the last one is `.end`.
  mutating func tokenize() throws(ChatTemplateError) -> [TemplateToken] {
    while let tag = nextTag() {
      if let body = rawBody(at: tag) {
        appendData(upTo: tag, sign: body.sign, isVariable: false)
        position = body.start
        try readRaw()
        continue
      }
      let kind = source[tag + 1]
      let sign = sign(at: tag + 2)
      appendData(upTo: tag, sign: sign, isVariable: kind == "{")
      position = tag + (sign == nil ? 2 : 3)
      switch kind {
      case "#": try readComment(from: tag)
      case "{": try readTag(from: tag, begin: .variableBegin, end: .variableEnd)
      default: try readTag(from: tag, begin: .blockBegin, end: .blockEnd)
      }
    }
    appendData(upTo: source.count, sign: "+", isVariable: false)
    append(.end, at: source.count)
    return tokens
  }

  // MARK: - Text between tags

  private func nextTag() -> Int? {
    var index = position
    while index + 1 < source.count {
      if source[index] == "{", "%{#".unicodeScalars.contains(source[index + 1]) { return index }
      index += 1
    }
    return nil
  }

  private func sign(at index: Int) -> Unicode.Scalar? {
    guard index < source.count, source[index] == "-" || source[index] == "+" else { return nil }
    return source[index]
  }

  private mutating func appendData(upTo end: Int, sign: Unicode.Scalar?, isVariable: Bool) {
    var last = end
    if sign == "-" {
      while last > position, source[last - 1].isPythonSpace { last -= 1 }
    } else if sign == nil, !isVariable {
      var start = end
      while start > position, source[start - 1] != "\n" { start -= 1 }
      let beginsLine = start == 0 || source[start - 1] == "\n"
      if beginsLine, source[start..<end].allSatisfy(\.isPythonSpace) { last = start }
    }
    guard last > position else { return }
    append(.data(String(scalars: source[position..<last])), at: position)
  }

  mutating func append(_ kind: TemplateToken.Kind, at index: Int) {
    tokens.append(TemplateToken(kind: kind, line: line(at: index)))
  }

  /// The line of a position; positions are asked for in ascending order.
  mutating func line(at index: Int) -> Int {
    while countedPosition < index {
      if source[countedPosition] == "\n" { countedLine += 1 }
      countedPosition += 1
    }
    return countedLine
  }

  mutating func failure(
    _ problem: ChatTemplateError.SyntaxProblem, at index: Int
  ) -> ChatTemplateError {
    ChatTemplateError(code: .syntax(problem), line: line(at: min(index, source.count)))
  }

  // MARK: - Ends of tags

  func matches(_ text: StaticString, at index: Int) -> Bool {
    guard index >= 0, index + text.utf8CodeUnitCount <= source.count else { return false }
    for offset in 0..<text.utf8CodeUnitCount
    where source[index + offset].value != UInt32(text.utf8Start[offset]) {
      return false
    }
    return true
  }

  private func skippingSpace(_ index: Int) -> Int {
    var index = index
    while index < source.count, source[index].isPythonSpace { index += 1 }
    return index
  }

  /// The position after the end of a tag, if one stands at `index`.
  private func afterEnd(_ end: StaticString, at index: Int, isVariable: Bool) -> Int? {
    if matches("-", at: index), matches(end, at: index + 1) { return skippingSpace(index + 3) }
    if isVariable { return matches(end, at: index) ? index + 2 : nil }
    if matches("+", at: index), matches(end, at: index + 1) { return index + 3 }
    guard matches(end, at: index) else { return nil }
    return matches("\n", at: index + 2) ? index + 3 : index + 2
  }

  private mutating func readComment(from tag: Int) throws(ChatTemplateError) {
    var index = position
    while index < source.count {
      if let after = afterEnd("#}", at: index, isVariable: false) {
        position = after
        return
      }
      index += 1
    }
    throw failure(.unterminated("a comment"), at: tag)
  }

  private mutating func readTag(
    from tag: Int, begin: TemplateToken.Kind, end: TemplateToken.Kind
  ) throws(ChatTemplateError) {
    append(begin, at: tag)
    let isVariable = begin == .variableBegin
    var brackets: [String] = []
    while true {
      position = skippingSpace(position)
      guard position < source.count else { throw failure(.unterminated("a tag"), at: tag) }
      if brackets.isEmpty,
        let after = afterEnd(isVariable ? "}}" : "%}", at: position, isVariable: isVariable)
      {
        append(end, at: position)
        position = after
        return
      }
      let start = position
      let kind = try readToken()
      if case .symbol(let symbol) = kind {
        switch symbol {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
          guard brackets.popLast() == symbol else {
            throw failure(.unexpected("'\(symbol)'"), at: start)
          }
        default: break
        }
      }
      append(kind, at: start)
    }
  }

  // MARK: - Raw text

  /// Where the text of a raw block begins, if the tag at `tag` opens one.
  private func rawBody(at tag: Int) -> (start: Int, sign: Unicode.Scalar?)? {
    guard let end = afterWord("raw", at: tag) else { return nil }
    let sign = sign(at: tag + 2)
    if matches("-%}", at: end) { return (skippingSpace(end + 3), sign) }
    return matches("%}", at: end) ? (end + 2, sign) : nil
  }

  /// The position after `{%`, a sign, blanks, the word and blanks.
  private func afterWord(_ word: StaticString, at tag: Int) -> Int? {
    guard matches("{%", at: tag) else { return nil }
    let start = skippingSpace(tag + (sign(at: tag + 2) == nil ? 2 : 3))
    guard matches(word, at: start) else { return nil }
    return skippingSpace(start + word.utf8CodeUnitCount)
  }

  private mutating func readRaw() throws(ChatTemplateError) {
    let start = position
    var index = start
    while index < source.count {
      if let word = afterWord("endraw", at: index),
        let after = afterEnd("%}", at: word, isVariable: false)
      {
        appendData(upTo: index, sign: sign(at: index + 2), isVariable: false)
        position = after
        return
      }
      index += 1
    }
    throw failure(.unterminated("a raw block"), at: start)
  }
}
