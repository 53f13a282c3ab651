#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Values at a position. Positions of different kinds overlap (they are cut from the same blocks): use
// one kind for one (stream, step).

extension Philox {
  /// The word at `position`, which must be below 2^34.
  package func word(at position: Int) -> UInt32 {
    precondition(position >= 0 && position < 1 << 34, "Philox: position \(position) out of range")
    return block(UInt32(position >> 2))[position & 3]
  }

  /// A float in [0, 1) made of the top 24 bits of the word at `position` (below 2^34).
  package func uniform(at position: Int) -> Float { Self.uniform(word(at: position)) }

  /// A standard normal value made of the whole block at `position` (below 2^32).
  package func normal(at position: Int) -> Float {
    precondition(position >= 0 && position < 1 << 32, "Philox: position \(position) out of range")
    let words = block(UInt32(position))
    return Float(
      Self.normal(
        UInt64(words.x) | UInt64(words.y) << 32, UInt64(words.z) | UInt64(words.w) << 32))
  }

  /// The numbers from `position` on, in order.
  package func generator(from position: Int = 0) -> PhiloxGenerator {
    PhiloxGenerator(self, position: position)
  }

  /// The numbers 0 ..< `count` in random order, the same on every machine.
  package func shuffled(count: Int) -> [Int] {
    var order = Array(0..<count)
    var generator = generator()
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, generator.nextInt(below: last + 1))
    }
    return order
  }

  static func uniform(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

  static func uniform(_ word: UInt64) -> Double { Double(word >> 11) * 0x1p-53 }

  /// Box–Muller, of which only the cosine is used, so that a value depends on its own bits alone.
  static func normal(_ first: UInt64, _ second: UInt64) -> Double {
    let radius = Double(first >> 11 &+ 1) * 0x1p-53  // in (0, 1], the logarithm is finite
    return (-2 * log(radius)).squareRoot() * cos(2 * .pi * uniform(second))
  }
}

/// Philox as a sequence: reads the words of one (seed, stream, step) in order.
///
/// There are 2^34 of them; reading beyond is a programming error and stops the process.
package struct PhiloxGenerator: RandomNumberGenerator, Sendable {
  private let source: Philox
  /// The position of the next word.
  package private(set) var position: Int
  private var words: SIMD4<UInt32>

  package init(_ source: Philox, position: Int = 0) {
    self.source = source
    self.position = position
    words = source.block(UInt32(position >> 2))
  }

  /// The next word.
  package mutating func nextWord() -> UInt32 {
    let word = words[position & 3]
    position += 1
    if position & 3 == 0 { words = source.block(UInt32(position >> 2)) }
    return word
  }

  /// The next two words, the first in the low half.
  package mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }

  /// A float in [0, 1) from the next word.
  package mutating func nextUniform() -> Float { Philox.uniform(nextWord()) }

  /// A double in [0, 1) from the next two words.
  package mutating func nextDouble() -> Double { Philox.uniform(next()) }

  /// A standard normal value from the next four words.
  package mutating func nextNormal() -> Double {
    let first = next()
    return Philox.normal(first, next())
  }

  /// An integer in 0 ..< `bound`, without bias; `bound` must be positive.
  ///
  /// The standard library's method is not promised to stay the same, and a run must be repeatable
  /// with the next compiler; this one is Lemire's (ACM TOMACS 29, 2019).
  package mutating func nextInt(below bound: Int) -> Int {
    precondition(bound > 0, "PhiloxGenerator.nextInt: expected a positive bound, got \(bound)")
    let bound = UInt64(bound)
    var product = bound.multipliedFullWidth(by: next())
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = bound.multipliedFullWidth(by: next()) }
    }
    return Int(product.high)
  }
}
