import PenchantCore
import Testing

@Suite("Philox")
struct PhiloxTests {
  /// The known answers of philox4x32 with 10 rounds in Random123's kat_vectors.
  @Test func agreesWithThePublishedVectors() {
    #expect(
      Philox.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func counterWordsAreBlockStreamStep() {
    let source = Philox(
      seed: 0x299f_31d0_a409_3822, stream: 0x85a3_08d3, step: 0x0370_7344_1319_8a2e)
    #expect(
      source.block(0x243f_6a88) == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func everyPartOfTheNameMatters() {
    let base = Philox(seed: 1, stream: .order, step: 2)
    let others = [
      Philox(seed: 1 << 32 + 1, stream: .order, step: 2),
      Philox(seed: 2, stream: .order, step: 2), Philox(seed: 1, stream: .split, step: 2),
      Philox(seed: 1, stream: .order, step: 3), Philox(seed: 1, stream: .order, step: 1 << 32 + 2),
    ]
    for other in others { #expect(other.block(0) != base.block(0)) }
  }

  @Test func theSequenceIsWhatStandsAtThePositions() {
    let source = Philox(seed: 7, stream: .synthetic, step: 9)
    for start in [0, 1, 3, 4, 1001] {
      var generator = source.generator(from: start)
      for position in start..<start + 20 {
        #expect(generator.nextWord() == source.word(at: position))
      }
    }
    var generator = source.generator()
    #expect(generator.next() == UInt64(source.word(at: 0)) | UInt64(source.word(at: 1)) << 32)
    #expect(generator.nextUniform() == source.uniform(at: 2))
    #expect(generator.position == 3)
  }

  @Test func uniformValuesAreInRangeAndEven() {
    let source = Philox(seed: 3, stream: .synthetic)
    let count = 20_000
    var sum = 0.0
    for position in 0..<count {
      let value = source.uniform(at: position)
      #expect(value >= 0 && value < 1)
      sum += Double(value)
    }
    // Standard error of the mean: 1/√(12 n) = 0.002.
    #expect(abs(sum / Double(count) - 0.5) < 0.01)
  }

  @Test func normalValuesHaveTheRightMoments() {
    let source = Philox(seed: 3, stream: .synthetic, step: 1)
    let values = (0..<20_000).map { Double(source.normal(at: $0)) }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.map { $0 * $0 }.reduce(0, +) / 20_000
    let tail = values.count { abs($0) > 1.959963984540054 }
    #expect(abs(mean) < 0.035)  // 5 standard errors of 0.007
    #expect(abs(variance - 1) < 0.05)  // 5 standard errors of 0.01
    #expect(abs(tail - 1000) < 155)  // 5 standard errors of 31
  }

  @Test(arguments: [0, 1, 2, 3, 17, 1000])
  func shuffledIsAPermutation(count: Int) {
    let order = Philox(seed: 11, stream: .order).shuffled(count: count)
    #expect(order.sorted() == Array(0..<count))
    #expect(Philox(seed: 11, stream: .order).shuffled(count: count) == order)
    if count > 16 {
      #expect(Philox(seed: 11, stream: .order, step: 1).shuffled(count: count) != order)
    }
  }

  @Test func allOrdersOfThreeAreEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for step in UInt64(0)..<6000 {
      counts[Philox(seed: 5, stream: .order, step: step).shuffled(count: 3), default: 0] += 1
    }
    #expect(counts.count == 6)
    for count in counts.values { #expect(abs(count - 1000) < 145) }  // 5 standard errors of 29
  }

  @Test func boundedIntegersStayBelowTheBound() {
    var generator = Philox(seed: 5, stream: .synthetic).generator()
    for bound in [1, 2, 3, 10, 1 << 40, Int.max] {
      for _ in 0..<100 {
        let value = generator.nextInt(below: bound)
        #expect(value >= 0 && value < bound)
      }
    }
  }
}
