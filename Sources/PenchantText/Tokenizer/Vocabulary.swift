import PenchantCore

/// The tokens of a byte-level BPE model by id and by the bytes they stand for.
///
/// All bytes lie in one array. A token with a character outside ``ByteAlphabet`` stands for its own
/// UTF-8; no text is ever encoded to it by merging, but it decodes and is found by name.
struct Vocabulary: Sendable {
  /// Highest id + 1.
  let size: Int
  /// How many tokens there are; ids may have gaps.
  let count: Int
  private let bytes: [UInt8]
  /// Id → range of `bytes`; the flag tells a token spelled in the alphabet.
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

  private enum Kind: Sendable { case absent, alphabetic, foreign }

  /// Reads `model.vocab`.
  init(_ field: TokenizerField) throws(TextError) {
    let object = try field.object()
    // A file cannot make us allocate much more than it holds.
    let limit = 4 * object.count + 65_536
    var size = 0
    var ids: [Int] = []
    ids.reserveCapacity(object.count)
    for (token, value) in object.members {
      guard let id = value.int, id >= 0 else {
        throw TextError(
          .wrongType(
            path: "\(field.path).\(token)", expected: "a token id", found: value.text()))
      }
      guard id < limit else { throw TextError(.tokenIDTooLarge(id, tokens: object.count)) }
      ids.append(id)
      size = max(size, id + 1)
    }
    var bytes: [UInt8] = []
    var entries = [Entry](repeating: Entry(), count: size)
    var foreign: [[UInt8]: Int32] = [:]
    for (token, id) in zip(object.keys, ids) {
      guard entries[id].kind == .absent else { throw TextError(.duplicateTokenID(id)) }
      let start = bytes.count
      let isAlphabetic = withUTF8(of: token) { text in
        if ByteAlphabet.appendBytes(of: text, to: &bytes) { return true }
        bytes.append(contentsOf: text)
        return false
      }
      entries[id] = Entry(
        start: UInt32(start), length: UInt32(bytes.count - start),
        kind: isAlphabetic ? .alphabetic : .foreign)
      if !isAlphabetic { foreign[Array(bytes[start...])] = Int32(id) }
    }
    self.size = size
    self.count = object.count
    self.bytes = bytes
    self.entries = entries
    self.foreign = foreign
    slots = Self.makeSlots(entries, bytes)
  }

  private static func makeSlots(_ entries: [Entry], _ bytes: [UInt8]) -> [Int32] {
    var capacity = 16
    while capacity < 2 * entries.count { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    bytes.withUnsafeBufferPointer { buffer in
      for (id, entry) in entries.enumerated() where entry.kind == .alphabetic {
        let start = Int(entry.start)
        let range = start..<start + Int(entry.length)
        var slot = Int(truncatingIfNeeded: ByteHash.of(.init(rebasing: buffer[range])))
        while slots[slot & (capacity - 1)] >= 0 { slot &+= 1 }
        slots[slot & (capacity - 1)] = Int32(id)
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
    var decoded: [UInt8] = []
    let isAlphabetic = withUTF8(of: token) { ByteAlphabet.appendBytes(of: $0, to: &decoded) }
    guard isAlphabetic else { return foreign[Array(token.utf8)] }
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
    return entries[id].kind == .alphabetic
      ? ByteAlphabet.text(of: bytes) : String(decoding: bytes, as: UTF8.self)
  }
}
