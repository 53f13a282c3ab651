/// Decompresses DEFLATE streams (RFC 1951), a chunk at a time, in constant memory.
///
/// What comes out is limited by the caller; what goes in may be anything: every code table is checked to be
/// complete, every distance to lie within what was written.
final class Inflater {
  /// Puts some bytes at the beginning of the buffer and says how many; 0 only at the end.
  typealias Source = (UnsafeMutableRawBufferPointer) throws(CoreError) -> Int

  /// What is wrong with a stream, for messages.
  struct Fault: Error {
    var phrase: String
    init(_ phrase: String) { self.phrase = phrase }
    static let endsEarly = Fault("it ends too early")
  }

  private enum State {
    case header
    case stored(left: Int)
    case coded
    case done
  }

  /// Matches reach this far back (RFC 1951 section 2).
  private static let windowSize = 1 << 15
  /// The longest match, which must fit behind what is written already.
  private static let longestMatch = 258
  private static let inputSize = 1 << 18
  private static let outputSize = 1 << 18

  private let source: Source
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 16)
  private var inputPosition = 0
  private var inputEnd = 0
  /// Bits not yet used, the next one lowest.
  private var bits: UInt64 = 0
  private var bitCount = 0

  /// The window, and behind it what is written now.
  private let output = UnsafeMutableRawBufferPointer.allocate(
    byteCount: windowSize + outputSize + longestMatch, alignment: 16)
  private var outputEnd = 0
  /// Where in `output` the chunk being written begins.
  private var chunkStart = 0

  private var state = State.done
  private var isLastBlock = false
  private var literals = CodeTable()
  private var distances = CodeTable()
  /// What the source failed with; reading is retried by nobody.
  private(set) var readingFailure: CoreError?

  init(source: @escaping Source) { self.source = source }

  deinit {
    input.deallocate()
    output.deallocate()
  }

  /// Begins a stream at the next whole byte.
  func begin() {
    state = .header
    isLastBlock = false
    outputEnd = 0
    chunkStart = 0
  }

  /// Decodes the next piece of the stream and hands it to `body`; false behind the last.
  func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(Fault) -> Bool {
    if outputEnd > Self.windowSize {
      // The last bytes stay in reach of the matches to come.
      let kept = output[outputEnd - Self.windowSize..<outputEnd]
      UnsafeMutableRawBufferPointer(rebasing: output[..<Self.windowSize])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: kept))
      outputEnd = Self.windowSize
    }
    chunkStart = outputEnd
    let limit = chunkStart + Self.outputSize
    while outputEnd < limit {
      switch state {
      case .header: try readHeader()
      case .stored(let left):
        let count = min(left, limit - outputEnd)
        for _ in 0..<count {
          output[outputEnd] = UInt8(truncatingIfNeeded: try take(8))
          outputEnd += 1
        }
        state = left == count ? (isLastBlock ? .done : .header) : .stored(left: left - count)
      case .coded: try decode(until: limit)
      case .done:
        guard outputEnd > chunkStart else { return false }
        body(UnsafeRawBufferPointer(rebasing: output[chunkStart..<outputEnd]))
        return true
      }
    }
    body(UnsafeRawBufferPointer(rebasing: output[chunkStart..<outputEnd]))
    return true
  }

  // MARK: - Bits

  private func refill() throws(Fault) -> Bool {
    do {
      inputEnd = try source(input)
    } catch {
      readingFailure = error
      throw .endsEarly
    }
    inputPosition = 0
    return inputEnd > 0
  }

  /// Gathers at least 32 bits where the input has as many.
  private func gather() throws(Fault) {
    while bitCount <= 56 {
      if inputPosition == inputEnd, try !refill() { return }
      bits |= UInt64(input[inputPosition]) << UInt64(bitCount)
      inputPosition += 1
      bitCount += 8
    }
  }

  private func take(_ count: Int) throws(Fault) -> Int {
    if bitCount < count { try gather() }
    guard bitCount >= count else { throw .endsEarly }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  /// Passes over the bits up to the next whole byte.
  func alignToByte() {
    bits >>= UInt64(bitCount & 7)
    bitCount -= bitCount & 7
  }

  /// The next byte; nil at the end of the input.
  func byte() throws(Fault) -> UInt8? {
    if bitCount < 8 { try gather() }
    return bitCount < 8 ? nil : UInt8(truncatingIfNeeded: try take(8))
  }

  // MARK: - Blocks

  private func readHeader() throws(Fault) {
    guard !isLastBlock else {
      state = .done
      return
    }
    isLastBlock = try take(1) == 1
    switch try take(2) {
    case 0:
      alignToByte()
      let length = try take(16)
      guard try take(16) == length ^ 0xffff else { throw Fault("a stored block's length is wrong") }
      state = length == 0 ? .header : .stored(left: length)
    case 1:
      literals = .fixedLiterals
      distances = .fixedDistances
      state = .coded
    case 2:
      try readTables()
      state = .coded
    default: throw Fault("a block is of an unknown kind")
    }
  }

  /// The order in which lengths of the code of code lengths are stored (RFC 1951 section 3.2.7).
  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private func readTables() throws(Fault) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else {
      throw Fault("a block has too many codes")
    }
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<lengthCount {
      lengths[Self.lengthOrder[index]] = UInt8(try take(3))
    }
    let code = try CodeTable(lengths: lengths, mayBeIncomplete: false)
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try decode(code)
      switch symbol {
      case 0..<16: lengths.append(UInt8(symbol))
      case 16:
        guard let last = lengths.last else { throw Fault("a code length repeats nothing") }
        lengths += Array(repeating: last, count: try take(2) + 3)
      case 17: lengths += Array(repeating: 0, count: try take(3) + 3)
      default: lengths += Array(repeating: 0, count: try take(7) + 11)
      }
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else {
      throw Fault("a block's code lengths are wrong")
    }
    literals = try CodeTable(lengths: Array(lengths[..<literalCount]), mayBeIncomplete: false)
    distances = try CodeTable(lengths: Array(lengths[literalCount...]), mayBeIncomplete: true)
  }

  @inline(__always)
  private func decode(_ table: CodeTable) throws(Fault) -> Int {
    if bitCount < CodeTable.longestCode { try gather() }
    let entry = table.entries[Int(bits & table.mask)]
    let length = Int(entry & 15)
    guard length > 0, length <= bitCount else {
      throw length == 0 && bitCount >= CodeTable.longestCode
        ? Fault("a code that stands for nothing") : .endsEarly
    }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  /// Base and extra bits of lengths 257…285 and distances 0…29 (RFC 1951 section 3.2.5).
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]

  private func decode(until limit: Int) throws(Fault) {
    // The buffer has room for one longest match beyond the limit.
    while outputEnd < limit {
      let symbol = try decode(literals)
      if symbol < 256 {
        output[outputEnd] = UInt8(truncatingIfNeeded: symbol)
        outputEnd += 1
        continue
      }
      guard symbol > 256 else {
        state = isLastBlock ? .done : .header
        return
      }
      guard symbol <= 285 else { throw Fault("a length that does not exist") }
      let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
      let code = try decode(distances)
      guard code < 30 else { throw Fault("a distance that does not exist") }
      let distance = Self.distanceBases[code] + (try take(Self.distanceBits[code]))
      guard distance <= outputEnd, distance <= Self.windowSize else {
        throw Fault("a distance beyond the beginning")
      }
      // Byte by byte: a match may overlap what it writes.
      for index in outputEnd..<outputEnd + length { output[index] = output[index - distance] }
      outputEnd += length
    }
  }
}

/// A prefix code as a table that is looked up by the next bits.
private struct CodeTable {
  /// No code of DEFLATE is longer.
  static let longestCode = 15

  /// Symbol × 16 + length of its code, for every value of the next bits; 0 where no code begins so.
  var entries: [UInt16] = [0]
  var mask: UInt64 = 0

  init() {}

  /// The canonical code of the given lengths (RFC 1951 section 3.2.2).
  init(lengths: [UInt8], mayBeIncomplete: Bool) throws(Inflater.Fault) {
    let longest = Int(lengths.max() ?? 0)
    guard longest > 0 else {
      // A block of literals alone has no distances.
      if mayBeIncomplete { return }
      throw Inflater.Fault("a block has no codes")
    }
    var counts = [Int](repeating: 0, count: Self.longestCode + 1)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [Int](repeating: 0, count: Self.longestCode + 2)
    var left = 1
    for length in 1...Self.longestCode {
      left = left * 2 - counts[length]
      guard left >= 0 else { throw Inflater.Fault("a block has more codes than there is room for") }
      next[length + 1] = (next[length] + counts[length]) * 2
    }
    let isSingle = counts.reduce(0, +) == 1
    guard left == 0 || (mayBeIncomplete && isSingle) else {
      throw Inflater.Fault("a block's codes are incomplete")
    }
    entries = [UInt16](repeating: 0, count: 1 << longest)
    mask = UInt64(entries.count - 1)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let code = next[length]
      next[length] += 1
      // Codes come highest bit first, all other numbers lowest bit first.
      var reversed = 0
      for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
      for index in stride(from: reversed, to: entries.count, by: 1 << length) {
        entries[index] = UInt16(symbol << 4 | length)
      }
    }
  }

  static let fixedLiterals = fixed(
    [(144, 8), (112, 9), (24, 7), (8, 8)].flatMap { Array(repeating: UInt8($0.1), count: $0.0) })
  static let fixedDistances = fixed(Array(repeating: 5, count: 32))

  private static func fixed(_ lengths: [UInt8]) -> CodeTable {
    // The standard's own tables are complete.
    (try? CodeTable(lengths: lengths, mayBeIncomplete: false)) ?? CodeTable()
  }
}
