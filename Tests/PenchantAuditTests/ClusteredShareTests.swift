import PenchantAudit
import PenchantCore
import Testing

@Suite("Shares of rows of which some share a prompt") struct ClusteredShareTests {
  @Test("rows of different prompts are independent trials") func singletons() {
    let outcomes = [1.0, 0, 1, 1, 0.5, 1]
    let share = ClusteredShare(outcomes, clusters: [1, 2, 3, 4, 5, 6])
    #expect(share.value == 4.5 / 6)
    #expect(share.interval == .wilson(successes: 4.5, trials: 6))
    #expect(share.effectiveRows == 6)
    // P(X ≥ 4 | 6) = (15 + 6 + 1) / 64; half a success counts as none.
    #expect(abs(share.chance - 22.0 / 64) < 1e-12)
  }

  @Test("the variance is the sandwich, by hand") func byHand() {
    // Clusters (1, 1), (0, 0), (1, 0): ȳ = ½, sums of residuals 1, −1, 0.
    let share = ClusteredShare([1, 1, 0, 0, 1, 0], clusters: [7, 7, 8, 8, 9, 9])
    // V = 3/2 · 2 / 36 = 1/12; n_eff = ¼ / V = 3.
    #expect(abs(share.effectiveRows - 3) < 1e-12)
    #expect(share.interval == .wilson(share: 0.5, trials: share.effectiveRows))
    // Excesses 1, −1, 0: their sum is 0, which half of all turnings reach.
    #expect(share.chance == 0.5)
  }

  @Test("clusters never make an interval narrower, and all alike count as clusters") func bounds() {
    // Half of each cluster right: negative correlation within.
    let split = ClusteredShare([1, 0, 1, 0, 1, 0, 1, 0], clusters: [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(split.interval == .wilson(successes: 4, trials: 8))
    let all = ClusteredShare([1, 1, 1, 1], clusters: [1, 1, 2, 2])
    #expect(all.effectiveRows == 2 && all.interval == .wilson(successes: 2, trials: 2))
    let one = ClusteredShare([1, 0, 1, 1], clusters: [1, 1, 1, 1])
    #expect(one.effectiveRows == 1)
    #expect(ClusteredShare([], clusters: []).interval == Interval(lower: 0, upper: 1))
  }

  @Test("95 % of the intervals hold the truth where prompts repeat; by rows they would not")
  func coverage() {
    var numbers = Philox(seed: 5, stream: .synthetic).generator()
    let rounds = 2000
    var (byPrompts, byRows, falsely) = (0, 0, 0)
    for _ in 0..<rounds {
      var (outcomes, clusters) = ([Double](), [UInt64]())
      for prompt in 0..<80 {
        // A prompt is easy or hard, and has one row to nine.
        let p = numbers.nextUniform() < 0.5 ? 0.9 : 0.3
        for _ in 0...numbers.nextInt(below: 9) {
          outcomes.append(numbers.nextDouble() < p ? 1 : 0)
          clusters.append(UInt64(prompt))
        }
      }
      let share = ClusteredShare(outcomes, clusters: clusters)
      if share.interval.contains(0.6) { byPrompts += 1 }
      if Interval.wilson(successes: outcomes.reduce(0, +), trials: outcomes.count).contains(0.6) {
        byRows += 1
      }
      // Labels of a prompt turned together by a coin: nothing there to be found.
      var coins: [UInt64: Bool] = [:]
      let turned = zip(outcomes, clusters).map { outcome, cluster in
        if coins[cluster] == nil { coins[cluster] = numbers.nextUniform() < 0.5 }
        return coins[cluster] == true ? outcome : 1 - outcome
      }
      if ClusteredShare(turned, clusters: clusters).chance < 0.05 { falsely += 1 }
    }
    // Of 2000 draws the share of a 95 % event has a standard deviation of half a point.
    #expect(abs(Double(byPrompts) / Double(rounds) - 0.95) < 0.02)
    #expect(Double(byRows) / Double(rounds) < 0.85)
    #expect(abs(Double(falsely) / Double(rounds) - 0.05) < 0.02)
  }
}
