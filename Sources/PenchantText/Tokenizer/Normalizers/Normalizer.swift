import PenchantCore

/// What happens to text before it is split: a list of steps, often empty.
struct Normalizer: Sendable {
  /// One step; a new kind is a case here, a line in `read` and one in `apply`.
  enum Step: Sendable {
    case canonical(CanonicalForm)
    case lowercase
    /// Removes the scalars for which the map has 1.
    case remove(ScalarMap)
    /// Replaces scalars by a space: those for which the map has 1.
    case makeSpace(ScalarMap)
    case strip(left: Bool, right: Bool)
    case prepend([UInt8])
    case replace(Replacement)
    case precompiled(CharacterMap)
    /// Puts spaces around Chinese characters.
    case spaceChinese
    case byteAlphabet
    case sentencePiece(SentencePieceNormalizer)
  }

  let steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  /// Reads `normalizer`, which may be absent.
  init(_ field: TokenizerField?) throws(TextError) {
    var steps: [Step] = []
    if let field { try Self.read(field, into: &steps) }
    self.steps = steps
  }

  private static func read(_ field: TokenizerField, into steps: inout [Step]) throws(TextError) {
    switch try field.type() {
    case "NFC": steps.append(.canonical(.nfc))
    case "NFD": steps.append(.canonical(.nfd))
    case "NFKC": steps.append(.canonical(.nfkc))
    case "NFKD": steps.append(.canonical(.nfkd))
    case "Lowercase": steps.append(.lowercase)
    case "StripAccents": steps.append(.remove(CleaningData.shared.accents))
    case "Strip":
      steps.append(
        .strip(
          left: try field.required("strip_left").bool(),
          right: try field.required("strip_right").bool()))
    case "Prepend": steps.append(.prepend(Array(try field.required("prepend").string().utf8)))
    case "Replace": steps.append(.replace(try Replacement(field)))
    case "Nmt":
      steps.append(.remove(CleaningData.shared.nmtControls))
      steps.append(.makeSpace(CleaningData.shared.nmtSpaces))
    case "Precompiled":
      let map = try field.required("precompiled_charsmap")
      // The library takes an absent or empty map for none.
      if try !map.string().isEmpty { steps.append(.precompiled(try CharacterMap(map))) }
    case "BertNormalizer": try readBert(field, into: &steps)
    case "ByteLevel": steps.append(.byteAlphabet)
    case "Sequence":
      for part in try field.required("normalizers").array() { try read(part, into: &steps) }
    default: throw field.unsupportedComponent()
    }
  }

  private static func readBert(
    _ field: TokenizerField, into steps: inout [Step]
  ) throws(TextError) {
    let lowercases = try field.flag("lowercase", default: true)
    if try field.flag("clean_text", default: true) {
      steps.append(.remove(CleaningData.shared.bertControls))
      steps.append(.makeSpace(CleaningData.shared.whitespace))
    }
    if try field.flag("handle_chinese_chars", default: true) { steps.append(.spaceChinese) }
    if try field.flag("strip_accents", default: lowercases) {
      steps.append(.canonical(.nfd))
      steps.append(.remove(CleaningData.shared.bertAccents))
    }
    if lowercases { steps.append(.lowercase) }
  }

  /// The text after all steps.
  func normalized(_ bytes: [UInt8]) -> [UInt8] {
    normalized(NormalizedText(bytes: bytes, originCount: 0)).bytes
  }

  /// The text after all steps, and how much of its beginning is still the beginning.
  func normalized(_ text: NormalizedText) -> NormalizedText {
    var text = text
    for step in steps { step.apply(to: &text) }
    return text
  }
}

/// Text on its way through a normalizer.
struct NormalizedText {
  var bytes: [UInt8]
  /// How many bytes at the beginning come from the first character of the whole text, 0 for a part
  /// from its middle; the Metaspace pre-tokenizer asks for that.
  var originCount: Int

  /// Takes the place of the text, whose first character became the first `count` bytes.
  mutating func replace(with result: [UInt8], originCount count: Int) {
    bytes = result
    originCount = count
  }
}

extension Normalizer.Step {
  func apply(to text: inout NormalizedText) {
    guard !text.bytes.isEmpty else { return }
    switch self {
    case .canonical(let form):
      if let result = form.normalized(text.bytes) { keepFirst(result, &text) }
    case .lowercase:
      if let result = CleaningData.shared.lowercased(text.bytes) { keepFirst(result, &text) }
    case .remove(let map): Self.remove(map, from: &text)
    case .makeSpace(let map): keepFirst(Self.spaced(map, text.bytes), &text)
    case .strip(let left, let right): Self.strip(left: left, right: right, &text)
    case .prepend(let prefix):
      let count = text.originCount
      text.replace(with: prefix + text.bytes, originCount: count > 0 ? count + prefix.count : 0)
    case .replace(let replacement): replacement.apply(to: &text)
    case .precompiled(let map): keepFirst(map.normalized(text.bytes), &text)
    case .spaceChinese: keepFirst(Self.withSpacedChinese(text.bytes), &text)
    case .byteAlphabet:
      let count = ByteAlphabet.spelling(of: text.bytes[..<text.originCount]).count
      text.replace(with: ByteAlphabet.spelling(of: text.bytes[...]), originCount: count)
    case .sentencePiece(let rules): rules.apply(to: &text)
    }
  }

  /// For steps that keep the beginning: it is then as long as one character.
  private func keepFirst(_ result: [UInt8], _ text: inout NormalizedText) {
    let count =
      text.originCount == 0 || result.isEmpty
      ? 0 : result.withUnsafeBufferPointer { scalar(at: 0, in: $0).length }
    text.replace(with: result, originCount: count)
  }

  private static func remove(_ map: ScalarMap, from text: inout NormalizedText) {
    var result: [UInt8] = []
    result.reserveCapacity(text.bytes.count)
    var kept = 0
    text.bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        let (value, length) = scalar(at: position, in: bytes)
        if map[value] == 0 {
          result += bytes[position..<position + length]
          if position < text.originCount { kept += length }
        }
        position += length
      }
    }
    text.replace(with: result, originCount: kept)
  }

  private static func spaced(_ map: ScalarMap, _ bytes: [UInt8]) -> [UInt8] {
    mapped(bytes) { value, part, result in
      if map[value] != 0 { result.append(UInt8(ascii: " ")) } else { result += part }
    }
  }

  private static func withSpacedChinese(_ bytes: [UInt8]) -> [UInt8] {
    mapped(bytes) { value, part, result in
      guard CleaningData.chinese.contains(value) else {
        result += part
        return
      }
      result.append(UInt8(ascii: " "))
      result += part
      result.append(UInt8(ascii: " "))
    }
  }

  /// The text with each scalar replaced by what `body` appends for it.
  private static func mapped(
    _ bytes: [UInt8],
    _ body: (UInt32, Slice<UnsafeBufferPointer<UInt8>>, inout [UInt8]) -> Void
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        let (value, length) = scalar(at: position, in: bytes)
        body(value, bytes[position..<position + length], &result)
        position += length
      }
    }
    return result
  }

  private static func strip(left: Bool, right: Bool, _ text: inout NormalizedText) {
    let (start, end) = text.bytes.withUnsafeBufferPointer { bytes in
      var (start, end) = (0, bytes.count)
      while left, start < end {
        let (value, length) = scalar(at: start, in: bytes)
        guard CleaningData.shared.whitespace[value] != 0 else { break }
        start += length
      }
      while right, end > start {
        let (value, length) = scalar(before: end, in: bytes)
        guard CleaningData.shared.whitespace[value] != 0 else { break }
        end -= length
      }
      return (start, end)
    }
    guard start > 0 || end < text.bytes.count else { return }
    text.replace(
      with: Array(text.bytes[start..<end]), originCount: max(0, text.originCount - start))
  }
}
