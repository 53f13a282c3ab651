import PenchantCore

/// The tokens of a model by id and by the bytes that a word must have to be one.
///
/// For a byte-level model those are the bytes that a token's characters stand for, so that words need
/// not be respelled in ``ByteAlphabet``; a token with a character outside of it stands for its own
/// UTF-8, and no text is ever encoded to it, but it decodes and is found by name. For other models a
/// token's bytes are its UTF-8. All bytes lie in one array.
struct Vocabulary: Sendable {
  /// Highest id + 1.
  let size: Int
  /// How many tokens there are; ids may have gaps.
  let count: Int
  /// Whether the tokens' bytes are those that their characters stand for.
  let holdsBytes: Bool
  private let bytes: [UInt8]
  /// Id → range of `bytes`.
  private let entries: [Entry]
  /// Hash slots → id, -1 where free; a power of two of them.
  private let slots: [Int32]
  /// Tokens outside the alphabet by their text.
  private let foreign: [[UInt8]: Int32]

  private struct Entry: Sendable {
    var start: UInt32 = 0
    var length: UInt32 = 0
    var kind = Kind.absent
  }

  private enum Kind: Sendable { case absent, regular, foreign }

  /// Reads a `vocab` that maps tokens to ids.
  init(_ field: TokenizerField, wordsAreBytes: Bool) throws(TextError) {
    let object = try field.object()
    // A file cannot make us allocate much more than it holds.
    let limit = 4 * object.count + 65_536
    var tokens: [(token: String, id: Int)] = []
    tokens.reserveCapacity(object.count)
    var seen: [Bool] = []
    for (token, value) in object.members {
      guard let id = value.int, id >= 0 else {
        throw TextError(
          .wrongType(
            path: "\(field.path).\(token)", expected: "a token id", found: value.text()))
      }
      guard id < limit else { throw TextError(.tokenIDTooLarge(id, tokens: object.count)) }
      if id >= seen.count { seen += Array(repeating: false, count: id + 1 - seen.count) }
      guard !seen[id] else { throw TextError(.duplicateTokenID(id)) }
      seen[id] = true
      tokens.append((token, id))
    }
    try self.init(tokens, wordsAreBytes: wordsAreBytes)
  }

  /// A list of tokens, each having its place as id; a token that comes twice is found as the last.
  init(_ tokens: [String]) throws(TextError) {
    try self.init(
      tokens.enumerated().map { (token: $0.element, id: $0.offset) }, wordsAreBytes: false)
  }

  private init(_ tokens: [(token: String, id: Int)], wordsAreBytes: Bool) throws(TextError) {
    var bytes: [UInt8] = []
    size = (tokens.lazy.map(\.id).max() ?? -1) + 1
    guard size < Int(Int32.max) else {
      throw TextError(.tokenIDTooLarge(size - 1, tokens: tokens.count))
    }
    var entries = [Entry](repeating: Entry(), count: size)
    var foreign: [[UInt8]: Int32] = [:]
    for (token, id) in tokens {
      let start = bytes.count
      let isRegular = withUTF8(of: token) { text in
        if wordsAreBytes, ByteAlphabet.appendBytes(of: text, to: &bytes) { return true }
        bytes.append(contentsOf: text)
        return !wordsAreBytes
      }
      guard bytes.count < Int(UInt32.max) else {
        throw TextError(.textTooLong(bytes: bytes.count, limit: Int(UInt32.max) - 1))
      }
      entries[id] = Entry(
        start: UInt32(start), length: UInt32(bytes.count - start),
        kind: isRegular ? .regular : .foreign)
      if !isRegular { foreign[Array(bytes[start...])] = Int32(id) }
    }
    holdsBytes = wordsAreBytes
    self.bytes = bytes
    self.entries = entries
    self.foreign = foreign
    slots = Self.makeSlots(entries, bytes)
    count = tokens.count
  }

  private static func makeSlots(_ entries: [Entry], _ bytes: [UInt8]) -> [Int32] {
    var capacity = 16
    while capacity < 2 * entries.count { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    bytes.withUnsafeBufferPointer { buffer in
      func text(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
          rebasing: buffer[Int(entry.start)..<Int(entry.start) + Int(entry.length)])
      }
      for (id, entry) in entries.enumerated() where entry.kind == .regular {
        var slot = Int(truncatingIfNeeded: ByteHash.of(text(entry))) & (capacity - 1)
        while slots[slot] >= 0, !text(entries[Int(slots[slot])]).elementsEqual(text(entry)) {
          slot = (slot + 1) & (capacity - 1)
        }
        slots[slot] = Int32(id)
      }
    }
    return slots
  }
}

// MARK: - Looking up

extension Vocabulary {
  /// The token that stands for exactly these bytes.
  func id(ofBytes wanted: UnsafeBufferPointer<UInt8>) -> Int32? {
    var slot = Int(truncatingIfNeeded: ByteHash.of(wanted))
    return bytes.withUnsafeBufferPointer { buffer in
      while true {
        let id = slots[slot & (slots.count - 1)]
        if id < 0 { return nil }
        let entry = entries[Int(id)]
        if Int(entry.length) == wanted.count {
          let start = Int(entry.start)
          if wanted.elementsEqual(buffer[start..<start + wanted.count]) { return id }
        }
        slot &+= 1
      }
    }
  }

  /// The token with this text, as the file spells it.
  func id(of token: String) -> Int32? {
    guard holdsBytes else { return withUTF8(of: token) { id(ofBytes: $0) } }
    var decoded: [UInt8] = []
    let isRegular = withUTF8(of: token) { ByteAlphabet.appendBytes(of: $0, to: &decoded) }
    guard isRegular else { return foreign[Array(token.utf8)] }
    return decoded.withUnsafeBufferPointer { id(ofBytes: $0) }
  }

  /// The bytes that a token stands for; nil where there is no such token.
  func bytes(of id: Int) -> ArraySlice<UInt8>? {
    guard entries.indices.contains(id), entries[id].kind != .absent else { return nil }
    let start = Int(entries[id].start)
    return bytes[start..<start + Int(entries[id].length)]
  }

  /// The text of a token as the file spells it; nil where there is no such token.
  func token(of id: Int) -> String? {
    guard let bytes = bytes(of: id) else { return nil }
    return holdsBytes && entries[id].kind == .regular
      ? ByteAlphabet.text(of: bytes) : String(decoding: bytes, as: UTF8.self)
  }
}
