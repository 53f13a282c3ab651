import PenchantCore
import Testing

@Suite("Digest")
struct DigestTests {
  /// FIPS 180-2, appendix B.
  @Test func agreesWithThePublishedVectors() throws {
    #expect(
      Digest.sha256(Array("abc".utf8)).hex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Digest.sha256([]).hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func piecesGiveTheDigestOfTheWhole() throws {
    let folder = try TemporaryFolder()
    var hasher = Digest.Hasher()
    for piece in ["a", "", "bc"] { hasher.update(piece) }
    #expect(hasher.finish() == Digest.sha256(Array("abc".utf8)))
    #expect(try Digest.sha256(file: folder.write("a", "abc")) == hasher.finish())
  }

  @Test("a digest of pieces sees every byte, their order and the length")
  func pieces() throws {
    let folder = try TemporaryFolder()
    func digest(_ text: String, _ piece: Int) throws -> Digest {
      try Digest.sha256(piecesOf: folder.write("p", text), pieceBytes: piece)
    }
    var expected = Digest.Hasher()
    expected.update("7\n")
    for part in ["abc", "def", "g"] { expected.update(Digest.sha256(Array(part.utf8)).hex) }
    #expect(try digest("abcdefg", 3) == expected.finish())
    let others = ["abcdefh", "defabcg", "abcdef", "abcdefgg", ""]
    #expect(try Set(others.map { try digest($0, 3) }).count == others.count)
    #expect(try others.allSatisfy { try digest($0, 3) != expected.finish() })
  }
}

@Suite("Interval")
struct IntervalTests {
  /// Solved by hand: p = 0.8, n = 10, z = 1.96 gives (0.99208 ± 0.22664…)/1.38416.
  @Test func agreesWithTheFormula() {
    let interval = Interval.wilson(successes: 8, trials: 10)
    #expect(abs(interval.lower - 0.490162) < 1e-5)
    #expect(abs(interval.upper - 0.943318) < 1e-5)
    #expect(interval.contains(0.8))
  }

  @Test func endsAreExact() {
    #expect(Interval.wilson(successes: 0, trials: 0) == Interval(lower: 0, upper: 1))
    #expect(Interval.wilson(successes: 0, trials: 5).lower == 0)
    #expect(Interval.wilson(successes: 5, trials: 5).upper == 1)
    #expect(Interval.wilson(successes: 5, trials: 5).lower < 1)
  }

  @Test func isSymmetricAndShrinks() {
    let few = Interval.wilson(successes: 3, trials: 10)
    let mirrored = Interval.wilson(successes: 7, trials: 10)
    #expect(abs(few.lower - (1 - mirrored.upper)) < 1e-12)
    let many = Interval.wilson(successes: 300, trials: 1000)
    #expect(many.upper - many.lower < (few.upper - few.lower) / 5)
  }
}

@Suite("nearestName")
struct NearestNameTests {
  private let options = ["beta", "batch-size", "learning-rate", "lora-rank", "epochs"]

  @Test(arguments: [
    ("bata", "beta"), ("batch_size", "batch-size"), ("BatchSize", "batch-size"),
    ("learning-raet", "learning-rate"), ("epoch", "epochs"), ("loar-rank", "lora-rank"),
  ])
  func findsTyposAndOtherSpellings(name: String, expected: String) {
    #expect(nearestName(to: name, in: options) == expected)
  }

  @Test(arguments: ["", "zzzz", "gradient-checkpointing", String(repeating: "a", count: 10_000)])
  func isSilentWhenNothingIsNear(name: String) {
    #expect(nearestName(to: name, in: options) == nil)
  }

  @Test func theFirstOfEquallyNearWins() {
    #expect(nearestName(to: "ac", in: ["ab", "ad"]) == "ab")
  }
}
