import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite struct ModelCheckTests {
  private static func audit(_ reading: ModelReading) throws -> Audit {
    try Audit(Made.clean(reading.fates.count), model: reading)
  }

  private static func reading(
    _ fates: [Int: ModelReading.Fate] = [:], of count: Int = 60,
    perToken: (Int) -> Double? = { _ in nil }, similarity: (Int) -> Double = { _ in -1 }
  ) -> ModelReading {
    var likelihoods: [Int: ModelReading.Likelihood] = [:]
    for index in 0..<count {
      guard let difference = perToken(index) else { continue }
      likelihoods[index] = ModelReading.Likelihood(
        chosen: -20 * (2 - difference), rejected: -10 * 2, chosenTokens: 20, rejectedTokens: 10,
        similarity: similarity(index))
    }
    return ModelReading(
      limit: 100, fates: (0..<count).map { fates[$0] ?? .fits }, likelihoods: likelihoods)
  }

  @Test("each fate is a finding of its own, and blocked rows are dropped by the patch")
  func fates() throws {
    let audit = try Self.audit(
      Self.reading([
        3: .mismatch, 5: .promptTooLong(tokens: 140), 7: .sameTokens,
        9: .tooLong(tokens: 120, differsWhenCut: true),
        11: .tooLong(tokens: 130, differsWhenCut: false), 13: .other,
      ]))
    func rows(_ id: String) -> [Int]? {
      audit.findings.first { $0.check.id == id }?.rows.map(\.index)
    }
    #expect(rows("prefix-mismatch") == [3])
    #expect(rows("prompt-too-long") == [5])
    #expect(rows("same-tokens") == [7])
    #expect(rows("too-long") == [9, 11])
    let long = try #require(audit.findings.first { $0.check.id == "too-long" })
    #expect(
      long.summary
        == "2 rows beyond 100 tokens; in 1 of them the answers are the same once cut.")
    #expect(long.rows[0].note == "120 tokens")
    #expect(long.rows[1].note == "130 tokens, the same answers once cut")
    #expect(audit.severity == .block)
    let dropped = audit.patch.lines.filter {
      $0.reason == "same-tokens" || $0.reason == "prompt-too-long"
    }
    #expect(dropped.map(\.row) == [6, 8])
  }

  @Test("a model that agrees with people is a remark, one that disagrees a warning")
  func agreement() throws {
    func finding(_ share: Int) throws -> Finding {
      let reading = Self.reading(perToken: { $0 % 10 < share ? 0.5 : -0.5 })
      return try #require(
        try Self.audit(reading).findings.first { $0.check.id == "model-agreement" })
    }
    #expect(try finding(7).severity == .info)
    #expect(try finding(5).severity == .info)
    #expect(try finding(1).severity == .warn)
    #expect(try finding(7).figures.first { $0.name == "share by the token" }?.value == 0.7)
    // The chosen answers have twice the tokens: as a whole they are always less likely.
    #expect(try finding(7).figures.first { $0.name == "share by the answer" }?.value == 0)
  }

  @Test("the pairs on which the model disagrees most are listed")
  func outliers() throws {
    let reading = Self.reading(perToken: { $0 == 42 ? -3 : 0.1 + 0.01 * Double($0 % 7) })
    let audit = try Self.audit(reading)
    let finding = try #require(audit.findings.first { $0.check.id == "model-outliers" })
    #expect(finding.rows.map(\.index) == [42])
    #expect(finding.rows[0].note == "log p of a token differs by -3.00")
    let even = Self.reading(perToken: { 0.1 + 0.01 * Double($0 % 7) })
    #expect(!(try Self.audit(even).findings.contains { $0.check.id == "model-outliers" }))
  }

  @Test("the twentieth that is most alike is listed, the most alike first, with the distribution")
  func similarity() throws {
    let audit = try Self.audit(
      Self.reading(perToken: { _ in 0.1 }, similarity: { $0 == 17 ? 5 : -Double($0) }))
    let finding = try #require(audit.findings.first { $0.check.id == "model-similarity" })
    // A twentieth of 60 rows; row 0 has −0, row 17 stands above all.
    #expect(finding.rows.map(\.index) == [17, 0, 1])
    #expect(finding.rows[0].note == "CHES 5")
    #expect(finding.severity == .info && finding.edits.isEmpty)
    // 60 values from −59 to 5 without −17: the 30th and 31st are −30 and −29.
    #expect(finding.figures.first { $0.name == "median" }?.value == -29.5)
    #expect(finding.figures.first { $0.name == "largest" }?.value == 5)
    let even = try Self.audit(Self.reading(perToken: { _ in 0.1 }))
    #expect(!even.findings.contains { $0.check.id == "model-similarity" })
  }

  @Test("a model's agreement counts a prompt's rows together")
  func agreementByPrompts() throws {
    // Ten prompts of six rows, all of a prompt's rows alike: the rows are worth ten, not sixty.
    let pairs = Made.clean(60).map { pair in
      var pair = pair
      pair.prompt = .text("Question \((pair.source.row - 1) / 6)?")
      return pair
    }
    func width(_ pairs: [Pair]) throws -> Double {
      let reading = Self.reading(perToken: { $0 / 6 % 2 == 0 ? 0.5 : -0.5 })
      let finding = try #require(
        try Audit(pairs, model: reading).findings.first { $0.check.id == "model-agreement" })
      func figure(_ name: String) -> Double {
        finding.figures.first { $0.name == name }?.value ?? .nan
      }
      return figure("upper") - figure("lower")
    }
    #expect(try width(pairs) > 2 * width(Made.clean(60)))
  }

  @Test("what was not looked at is said")
  func skipped() throws {
    let ids = ["prefix-mismatch", "prompt-too-long", "too-long", "same-tokens"]
    let without = try Audit(Made.clean(10)).skipped.filter { $0.reason == "no --model" }
    #expect(
      Set(without.map(\.check.id))
        == Set(ids + ["model-agreement", "model-outliers", "model-similarity"]))
    let few = try Self.audit(Self.reading(of: 20, perToken: { _ in 1 })).skipped.map(\.check.id)
    #expect(few.contains("model-agreement") && !few.contains("too-long"))
  }
}
