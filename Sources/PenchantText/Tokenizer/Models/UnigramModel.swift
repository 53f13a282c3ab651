import PenchantCore

/// The Unigram model: of all ways to cut a text into tokens, the one whose scores have the highest
/// sum (Kudo, "Subword Regularization", 2018, section 3.2).
///
/// Sums are taken from left to right, in double as the `tokenizers` library does or rounded to single
/// as SentencePiece does, and of equal sums the first found stays: ties are theirs.
struct UnigramModel: Sendable {
  let vocabulary: Vocabulary
  /// Id → score, a log-probability.
  private let scores: [Double]
  private let tree: PrefixTree
  private let unknown: Int32?
  /// What an unknown character costs: less than any token.
  private let unknownScore: Double
  /// Byte → its token; all -1 without byte fallback.
  private let byteTokens: [Int32]

  /// Whether each sum is rounded to single precision.
  private let roundsSums: Bool

  /// A token with its score, a log-probability, and whether it is looked for in text.
  struct Piece {
    var token: String
    var score: Double
    var isFound = true
  }

  /// How much an unknown character lies below the worst token.
  private static let unknownPenalty = 10.0

  /// Reads `model`.
  init(_ field: TokenizerField) throws(TextError) {
    let list = try field.required("vocab")
    var pieces: [Piece] = []
    for element in try list.array() {
      guard let pair = element.value.array, pair.count == 2, let token = pair[0].string,
        case .number(let number) = pair[1], let score = LibraryNumber.double(number.text)
      else { throw element.wrongType("a token with its score") }
      pieces.append(Piece(token: token, score: score))
    }
    var unknown: Int?
    if let id = field["unk_id"] {
      guard try pieces.indices.contains(id.int()) else { throw id.wrongType("a token's index") }
      unknown = try id.int()
    }
    let fallsBack = try field.flag("byte_fallback", default: false)
    try self.init(
      pieces, worst: pieces.map(\.score).min(), unknown: unknown, fallsBackToBytes: fallsBack)
  }

  /// - Parameter worst: the lowest score, which an unknown character lies below.
  init(
    _ pieces: [Piece], worst: Double?, unknown: Int?, fallsBackToBytes: Bool,
    addsInSinglePrecision: Bool = false
  ) throws(TextError) {
    vocabulary = try Vocabulary(pieces.map(\.token))
    scores = pieces.map(\.score)
    self.unknown = unknown.map { Int32($0) }
    unknownScore = (worst ?? 0) - Self.unknownPenalty
    roundsSums = addsInSinglePrecision
    byteTokens =
      fallsBackToBytes ? vocabulary.byteFallbackTokens : Array(repeating: -1, count: 256)
    tree = PrefixTree(
      pieces.indices.filter { pieces[$0].isFound }.map { [vocabulary] in
        (vocabulary.bytes(of: $0) ?? [], Int32($0))
      })
  }

  /// The best path to a place in the text.
  private struct Node {
    var score = 0.0
    /// Where the path's last token begins; -1 where no path ends yet.
    var start: Int32 = -1
    var token: Int32 = -1
  }

  /// Appends the tokens of a text; linear in its length.
  func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) throws(TextError) {
    guard !text.isEmpty else { return }
    let result = withUnsafeTemporaryAllocation(of: Node.self, capacity: text.count + 1) { nodes in
      nodes.initialize(repeating: Node())
      return Result { () throws(TextError) in
        try search(text, nodes)
        appendPath(text, UnsafeBufferPointer(nodes), to: &ids)
      }
    }
    try result.get()
  }

  private func search(
    _ text: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeMutableBufferPointer<Node>
  ) throws(TextError) {
    var position = 0
    while position < text.count {
      let length = scalar(at: position, in: text).length
      let soFar = nodes[position].score
      var hasCharacter = false
      tree.forEachPrefix(of: text, at: position) { token, end in
        let score = rounded(scores[Int(token)] + soFar)
        if nodes[end].start < 0 || score > nodes[end].score {
          nodes[end] = Node(score: score, start: Int32(position), token: token)
        }
        if end == position + length { hasCharacter = true }
      }
      if !hasCharacter {
        let end = position + length
        let score = rounded(unknownScore + soFar)
        if nodes[end].start < 0 || score > nodes[end].score {
          guard let unknown else { throw TextError(.noUnknownToken) }
          nodes[end] = Node(score: score, start: Int32(position), token: unknown)
        }
      }
      position += length
    }
  }

  @inline(__always)
  private func rounded(_ sum: Double) -> Double { roundsSums ? Double(Float(sum)) : sum }

  /// Appends the best path's tokens; unknown characters in a row are one.
  private func appendPath(
    _ text: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeBufferPointer<Node>, to ids: inout [Int32]
  ) {
    let first = ids.count
    var end = text.count
    while end > 0 {
      let node = nodes[end]
      var start = Int(node.start)
      if node.token == unknown {
        while start > 0, nodes[start].token == unknown { start = Int(nodes[start].start) }
        appendReversed(UnsafeBufferPointer(rebasing: text[start..<end]), to: &ids)
      } else {
        ids.append(node.token)
      }
      end = start
    }
    ids[first...].reverse()
  }

  /// A stretch without tokens: by chance a token as a whole, else its bytes, else unknown.
  private func appendReversed(_ part: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    if let token = vocabulary.id(ofBytes: part) {
      ids.append(token)
    } else if part.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
      for byte in part.reversed() { ids.append(byteTokens[Int(byte)]) }
    } else if let unknown {
      ids.append(unknown)
    }
  }
}
