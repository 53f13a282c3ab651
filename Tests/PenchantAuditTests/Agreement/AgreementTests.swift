import Foundation
import PenchantAudit
import PenchantCore
import Testing

@Suite("Agreement") struct AgreementTests {
  /// As the libraries `krippendorff` and `irrCAC` compute it.
  @Test("as other libraries compute it") func peers() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Audit/agreement.json")
    let cases = try #require(try FileSystem.readJSON(file.path)["cases"]?.array)
    #expect(cases.count == 5)
    for (number, expected) in cases.enumerated() {
      let items = try #require(expected["items"]?.array).map { try #require($0.array) }
      let table = RatingTable(items.map { $0.compactMap(\.int) })
      for metric in KrippendorffAlpha.Metric.allCases {
        let alpha = try #require(expected["alpha"]?[metric.rawValue]?.double)
        let ours = try #require(KrippendorffAlpha.value(table, metric))
        #expect(abs(ours - alpha) < 1e-12, "\(metric) of case \(number)")
      }
      let categories = try #require(expected["categories"]?.int)
      let percent = try #require(AgreementMeasures.percent(table))
      #expect(abs(percent - (expected["percent"]?.double ?? 0)) < 1e-12)
      let gwet = try #require(AgreementMeasures.gwetAC1(table, categories: categories))
      #expect(abs(gwet - (expected["gwet"]?.double ?? 0)) < 1e-12, "AC1 of case \(number)")
      let fleiss = AgreementMeasures.fleissKappa(table)
      if let theirs = expected["fleiss"]?.double {
        #expect(abs((fleiss ?? 9) - theirs) < 1e-12)
      } else {
        #expect(fleiss == nil)
      }
    }
  }

  @Test("by hand: two items, one agreed on") func byHand() throws {
    // Coincidences: item 1 (1, 1) gives o11 = 2; item 2 (1, 0) gives o10 = o01 = 1. n1 = 3, n0 = 1, n = 4.
    // Observed 2, expected 2 · 3 · 1 = 6: α = 1 − 3 · 2 / 6 = 0.
    let table = RatingTable([[1, 1], [1, 0], [0]])
    #expect(table.items.count == 2)
    #expect(KrippendorffAlpha.value(table, .nominal) == 0)
    #expect(AgreementMeasures.percent(table) == 0.5)
    // π1 = 3/4: Fleiss expects 10/16, AC1 2 · 3/16.
    #expect(AgreementMeasures.fleissKappa(table) == (0.5 - 0.625) / 0.375)
    #expect(AgreementMeasures.gwetAC1(table, categories: 2) == (0.5 - 0.375) / 0.625)
  }

  @Test("where there is nothing to disagree about α is not defined") func undefined() {
    #expect(KrippendorffAlpha.value(RatingTable([[1, 1], [1, 1, 1]]), .nominal) == nil)
    #expect(KrippendorffAlpha.value(RatingTable([]), .ordinal) == nil)
    #expect(AgreementMeasures.percent(RatingTable([[1], [0]])) == nil)
    #expect(AgreementMeasures.fleissKappa(RatingTable([[1, 1]])) == nil)
  }

  @Test("disagreement about everything is below chance") func systematic() throws {
    let table = RatingTable((0..<20).map { _ in [1, -1] })
    // o = 40 off the diagonal, n1 = n0 = 20, n = 40: 1 − 39 · 40 / 800.
    #expect(abs(try #require(KrippendorffAlpha.value(table, .nominal)) - (1 - 39.0 / 20)) < 1e-12)
  }

  @Test("the bootstrap's interval holds the value and is the same each time") func bootstrap()
    throws
  {
    let table = RatingTable((0..<100).map { $0 < 70 ? [1, 1] : [1, 0] })
    let interval = try #require(Bootstrap.interval(table) { AgreementMeasures.percent($0) })
    // A share of 0.7 of 100 has a standard error of 0.0458.
    #expect(abs(interval.lower - (0.7 - 1.96 * 0.0458)) < 0.02)
    #expect(abs(interval.upper - (0.7 + 1.96 * 0.0458)) < 0.02)
    #expect(interval == Bootstrap.interval(table) { AgreementMeasures.percent($0) })
    #expect(Bootstrap.interval(RatingTable([[1, 1]])) { AgreementMeasures.percent($0) } == nil)
  }

  @Test("Holm's correction, by hand") func holm() {
    // 0.01 · 4, then max(0.04, 0.02 · 3), max(0.06, 0.03 · 2), max(0.06, 0.5 · 1).
    let corrected = RaterMeasures.holm([0.03, 0.01, 0.5, 0.02])
    for (ours, expected) in zip(corrected, [0.06, 0.04, 0.5, 0.06]) {
      #expect(abs(ours - expected) < 1e-15)
    }
    #expect(RaterMeasures.holm([0.9, 0.8]) == [1, 1])
    #expect(RaterMeasures.holm([Double]()) == [])
    #expect(RaterMeasures.holm([nil, 0.03, nil, 0.02]) == [nil, 0.04, nil, 0.04])
  }

  @Test("runs, by counting") func runs() {
    #expect(RaterMeasures.longestRun([1, 1, 1, -1, 1]).length == 3)
    #expect(RaterMeasures.longestRun([]).p == 1)
    for n in 2...12 {
      for r in 2...n {
        var count = 0
        for bits in 0..<(1 << n) {
          let coins = (0..<n).map { bits >> $0 & 1 }
          if RaterMeasures.longestRun(coins).length >= r { count += 1 }
        }
        let run = [Int](repeating: 1, count: r)
        let rest = (0..<(n - r)).map { $0 % 2 }
        // The same chance for any sequence of n values with a longest run of r.
        let measured = RaterMeasures.longestRun(run + rest)
        guard measured.length == r else { continue }
        #expect(abs(measured.p - Double(count) / Double(1 << n)) < 1e-12, "\(r) of \(n)")
      }
    }
  }
}
