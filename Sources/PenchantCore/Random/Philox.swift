/// Random numbers as a function: Philox 4×32 with ten rounds, no hidden state.
///
/// J. Salmon, M. Moraes, R. Dror, D. Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
/// A value is named by (seed, stream, step, position) and nothing else, so that any thread can
/// compute any of them in any order, and a resumed run needs no saved generator. The words are:
///
///     key     = seed low, seed high
///     counter = block (position / 4), stream, step low, step high
///
/// Not for secrets: the numbers are predictable by design.
package struct Philox: Sendable, Equatable {
  /// What the numbers are for; two purposes never share a stream.
  package struct Stream: Sendable, Equatable, RawRepresentable, ExpressibleByIntegerLiteral {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt32) { rawValue = value }

    /// Initial values of parameters; the step is the tensor's position in the parameter list.
    package static let parameters: Stream = 1
    /// The order of the pairs; the step is the epoch.
    package static let order: Stream = 2
    /// Which prompts are held out.
    package static let split: Stream = 3
    /// Tokens drawn from a model; the step is the request.
    package static let sampling: Stream = 4
    /// Resampling for intervals.
    package static let bootstrap: Stream = 5
    /// Dropout masks; the step is the optimizer step.
    package static let dropout: Stream = 6
    /// What an objective draws; the step is the optimizer step.
    package static let objective: Stream = 7
    /// Made-up data in demos, benchmarks and tests.
    package static let synthetic: Stream = 8
  }

  package let seed: UInt64
  package let stream: Stream
  package let step: UInt64

  package init(seed: UInt64, stream: Stream, step: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.step = step
  }

  /// Four words of the sequence, at positions `4 * index ..< 4 * index + 4`.
  package func block(_ index: UInt32) -> SIMD4<UInt32> {
    Self.block(
      counter: SIMD4(
        index, stream.rawValue, UInt32(truncatingIfNeeded: step),
        UInt32(truncatingIfNeeded: step >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// The bijection itself: ten rounds over a counter, as in the paper's reference code.
  package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key &+= SIMD2(0x9e37_79b9, 0xbb67_ae85) }  // Weyl: golden ratio, √3 − 1
      let first = 0xd251_1f53 as UInt64 * UInt64(counter.x)
      let second = 0xcd9e_8d57 as UInt64 * UInt64(counter.z)
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
    }
    return counter
  }
}
