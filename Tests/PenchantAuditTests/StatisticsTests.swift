import Foundation
import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("Statistics of the audit") struct StatisticsTests {
  @Test("the sign test is exact") func signTest() {
    // By hand: P(X ≥ 9 | 10) = (10 + 1) / 1024.
    #expect(abs(Statistics.signTest(9, 1) - 22.0 / 1024) < 1e-12)
    #expect(Statistics.signTest(5, 5) == 1)
    #expect(Statistics.upperTail(0, of: 7) == 1)
    #expect(Statistics.upperTail(8, of: 7) == 0)
    #expect(abs(Statistics.upperTail(7, of: 7) - 1.0 / 128) < 1e-15)
  }

  @Test("above 20 000 the normal takes over without a step") func normal() {
    let exact = Statistics.upperTail(10_100, of: 20_000)
    let approximate = Statistics.upperTail(10_101, of: 20_001)
    #expect(abs(exact - approximate) < 2e-3)
  }

  @Test("flip rates of AUDIT's table") func flips() {
    for (agreement, flip) in [(0.63, 0.245), (0.70, 0.184), (0.726, 0.164), (0.81, 0.106)] {
      #expect(abs(Statistics.flipRate(agreement: agreement) - flip) < 5e-4)
    }
    #expect(Statistics.flipRate(agreement: 0.4) == 0.5)
  }

  @Test("the area under the curve counts ties as half") func area() {
    // Positives 3, 1; negatives 2, 1: of four pairs two are right and one ties.
    let area = Statistics.areaUnderCurve([3, 1, 2, 1], isPositive: [true, true, false, false])
    #expect(area == 2.5 / 4)
    #expect(Statistics.areaUnderCurve([1], isPositive: [true]) == 0.5)
  }

  @Test("as scikit-learn and SciPy compute them") func peers() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Audit/statistics.json")
    let json = try JSON.parse(Array(Data(contentsOf: file)))
    let rows = try #require(json["x"]?.array).map { try #require($0.array).compactMap(\.double) }
    for fit in try #require(json["fits"]?.array) {
      let weights = PairRegression.fit(
        dense: rows, inverseRegularization: try #require(fit["c"]?.double))
      let expected = try #require(fit["weights"]?.array).compactMap(\.double)
      for (ours, theirs) in zip(weights, expected) { #expect(abs(ours - theirs) < 2e-4) }
      #expect(weights.count == expected.count)
    }
    let scores = try #require(json["scores"]?.array).compactMap(\.double)
    let labels = try #require(json["labels"]?.array).compactMap(\.bool)
    #expect(
      abs(Statistics.areaUnderCurve(scores, isPositive: labels) - (json["auc"]?.double ?? -1))
        < 1e-12)
    for test in try #require(json["sign_tests"]?.array) {
      let (first, second) = (try #require(test["b"]?.int), try #require(test["c"]?.int))
      let p = try #require(test["p"]?.double)
      #expect(abs(Statistics.signTest(first, second) - p) < 1e-9 * max(p, 1e-3))
    }
  }

  @Test("the regression is antisymmetric") func antisymmetric() {
    let rows = [[1.0, 0.5], [0.2, -1], [-0.4, 0.3], [2, 1]]
    let weights = PairRegression.fit(dense: rows, inverseRegularization: 1)
    let turned = PairRegression.fit(
      dense: rows.map { $0.map { -$0 } }, inverseRegularization: 1)
    for (a, b) in zip(weights, turned) { #expect(abs(a + b) < 1e-4) }
  }

  @Test("nothing to learn gives a coin, a mark gives certainty") func artifacts() throws {
    let clean = try Audit(Made.clean(600))
    for score in clean.scores { #expect(score.interval.contains(0.5), "\(score.view)") }
    let marked = Made.clean(600).map { pair in
      var pair = pair
      pair.chosen = .text("verily " + pair.chosen.text)
      return pair
    }
    let words = try #require(try Audit(marked).scores.first { $0.view == .words })
    #expect(words.accuracy > 0.99)
    #expect(words.areaUnderCurve > 0.99)
    #expect(words.p < 1e-10)
    #expect(words.weights.first?.name == "verily")
  }

  @Test("turned labels are suspected, and hardly any others") func flipsAreSuspected() throws {
    let marked = Made.clean(600).map { pair in
      var pair = pair
      pair.chosen = .text("verily " + pair.chosen.text)
      if pair.source.row % 20 == 0, let rejected = pair.rejected {
        (pair.chosen, pair.rejected) = (rejected, pair.chosen)
      }
      return pair
    }
    let finding = try #require(try Made.finding("suspected-flips", marked))
    let suspected = Set(finding.rows.map { marked[$0.index].source.row })
    let planted = Set((1...600).filter { $0 % 20 == 0 })
    #expect(planted.subtracting(suspected).count <= 1)
    #expect(suspected.subtracting(planted).count <= 6)
  }
}
