/// A stage of a decoder at work: what it has to remember between pieces.
///
/// Pieces of tokens are whole. Once a stage has joined them (`ByteLevel`, `Fuse`) there is one piece
/// that grows to the end, and later stages get it in parts: those that can work on parts do, the
/// others wait for all of it.
struct DecoderStage: Sendable {
  private let kind: TokenDecoder.Stage
  /// Whether the input is one piece in parts.
  private let isJoined: Bool
  /// Whether pieces come as the bytes that their characters stand for, as the first stage gets them.
  private let getsBytes: Bool
  /// How many pieces have come.
  private var count = 0
  /// What waits for more: bytes, a part, the last piece.
  private var held: [UInt8] = []
  private var isHolding = false

  init(_ kind: TokenDecoder.Stage, isJoined: Bool, getsBytes: Bool) {
    self.kind = kind
    self.isJoined = isJoined
    self.getsBytes = getsBytes
  }

  typealias Emit = ([UInt8]) -> Void

  /// Takes the next piece, or the next part of the only one.
  mutating func accept(_ piece: [UInt8], _ emit: Emit) {
    if isJoined {
      acceptPart(piece, emit)
    } else {
      acceptPiece(piece, emit)
      count += 1
    }
  }

  /// Gives out what is left.
  mutating func finish(_ emit: Emit) {
    if isJoined, isHolding {
      isHolding = false
      finishPart(emit)
    }
    finishPieces(emit)
  }

  // MARK: Whole pieces

  private mutating func acceptPiece(_ piece: [UInt8], _ emit: Emit) {
    switch kind {
    case .fuse: emit(piece)
    case .byteLevel: acceptBytes(getsBytes ? piece : ByteAlphabet.bytes(ofSpelling: piece), emit)
    case .metaspace(let mark, let dropsFirst):
      emit(piece.replacing(mark, with: dropsFirst && count == 0 ? [] : [UInt8(ascii: " ")]))
    case .replace(let replacement): emit(replacement.applied(to: piece) ?? piece)
    case .strip(let content, let start, let stop):
      emit(Self.stripped(piece, of: content, start: start, stop: stop))
    case .join: emit(count == 0 ? piece : [UInt8(ascii: " ")] + piece)
    case .wordPiece(let prefix, let cleansUp):
      var piece = piece
      if count > 0 {
        piece =
          piece.starts(with: prefix)
          ? Array(piece.dropFirst(prefix.count)) : [UInt8(ascii: " ")] + piece
      }
      emit(cleansUp ? WordPieceCleanup.cleaned(piece) : piece)
    case .bytePair(let suffix):
      if isHolding { emit(held.replacing(suffix, with: [UInt8(ascii: " ")])) }
      (held, isHolding) = (piece, true)
    case .ctc(let pad, let delimiter, let cleansUp):
      if isHolding, held == piece { return }
      (held, isHolding) = (piece, true)
      var text = piece.replacing(pad, with: [])
      if cleansUp {
        text = WordPieceCleanup.cleaned(text).replacing(delimiter, with: [UInt8(ascii: " ")])
      }
      if !text.isEmpty { emit(text) }
    case .byteFallback:
      if let byte = Self.byte(named: piece) {
        held.append(byte)
      } else {
        emitBytes(emit)
        emit(piece)
      }
    }
  }

  private mutating func finishPieces(_ emit: Emit) {
    switch kind {
    case .byteLevel where !held.isEmpty: emit(Array(String(decoding: held, as: UTF8.self).utf8))
    case .bytePair(let suffix) where isHolding: emit(held.replacing(suffix, with: []))
    case .byteFallback: emitBytes(emit)
    default: break
    }
    held = []
    isHolding = false
    count = 0
  }

  private mutating func acceptBytes(_ bytes: [UInt8], _ emit: Emit) {
    held += bytes
    let waiting = UnfinishedCharacter.length(atEndOf: held)
    let text = String(decoding: held.dropLast(waiting), as: UTF8.self)
    held.removeFirst(held.count - waiting)
    emit(Array(text.utf8))
  }

  /// `<0x41>` → 0x41, with any sign and digits that Rust's reader of numbers takes.
  private static func byte(named piece: [UInt8]) -> UInt8? {
    guard piece.count == 6, piece.starts(with: Array("<0x".utf8)), piece[5] == UInt8(ascii: ">")
    else { return nil }
    return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
  }

  /// Bytes in a row are text if all of them together are, else each is U+FFFD.
  private mutating func emitBytes(_ emit: Emit) {
    guard !held.isEmpty else { return }
    if String(validating: held, as: UTF8.self) != nil {
      emit(held)
    } else {
      for _ in held { emit(Array("\u{fffd}".utf8)) }
    }
    held = []
  }

  private static func stripped(
    _ piece: [UInt8], of content: [UInt8], start: Int, stop: Int
  ) -> [UInt8] {
    var rest = piece[...]
    var left = start
    while left > 0, rest.starts(with: content) {
      rest = rest.dropFirst(content.count)
      left -= 1
    }
    left = stop
    while left > 0, rest.count >= content.count, rest.suffix(content.count) == content[...] {
      rest = rest.dropLast(content.count)
      left -= 1
    }
    return Array(rest)
  }

  // MARK: One piece in parts

  private mutating func acceptPart(_ part: [UInt8], _ emit: Emit) {
    isHolding = true
    switch kind {
    case .fuse: emit(part)
    case .metaspace(let mark, let dropsFirst):
      emit(part.replacing(mark, with: dropsFirst ? [] : [UInt8(ascii: " ")]))
    case .strip(let content, let start, 0):
      // `count` is how many have been taken; beyond `start` once something else has come.
      var rest = part[...]
      while count < start, rest.starts(with: content) {
        rest = rest.dropFirst(content.count)
        count += 1
      }
      if !rest.isEmpty { count = .max }
      emit(Array(rest))
    default: held += part
    }
  }

  /// Treats the whole as one piece.
  private mutating func finishPart(_ emit: Emit) {
    switch kind {
    case .fuse, .metaspace, .strip(_, _, 0): break
    default:
      let whole = held
      held = []
      count = 0
      acceptPiece(whole, emit)
      isHolding = if case .bytePair = kind { true } else { false }
    }
  }
}

/// The beginning of a character at the end of bytes.
enum UnfinishedCharacter {
  /// How many bytes at the end could still become a character.
  static func length(atEndOf bytes: [UInt8]) -> Int {
    // Walk back over at most two continuation bytes to a lead byte.
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xc0 == 0x80 { continue }
      let needed =
        switch byte {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
      guard needed > count else { return 0 }
      return canContinue(bytes.suffix(count)) ? count : 0
    }
    return 0
  }

  /// Whether the second byte, if it is there, fits the lead byte (no overlong forms, no
  /// surrogates).
  private static func canContinue(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first, let second = bytes.dropFirst().first else { return true }
    return switch lead {
    case 0xe0: second >= 0xa0
    case 0xed: second < 0xa0
    case 0xf0: second >= 0x90
    case 0xf4: second < 0x90
    default: true
    }
  }
}

/// What the WordPiece and CTC decoders undo of English tokenisation.
enum WordPieceCleanup {
  private static let rules: [(old: [UInt8], new: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.utf8), Array($1.utf8)) }

  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(UInt8(ascii: " ")) else { return text }
    return rules.reduce(text) { $0.replacing($1.old, with: $1.new) }
  }
}

extension [UInt8] {
  /// The bytes with each occurrence of `old`, from the left, replaced; an empty `old` occurs between
  /// all characters and at both ends.
  func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      if old.isEmpty {
        if self[position] & 0xc0 != 0x80 { result += new }
        result.append(self[position])
        position += 1
      } else if self[position] == old[0], self[position...].starts(with: old) {
        result += new
        position += old.count
      } else {
        result.append(self[position])
        position += 1
      }
    }
    if old.isEmpty { result += new }
    return result
  }
}
