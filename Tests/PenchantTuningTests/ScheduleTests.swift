import PenchantTuning
import Testing

@Suite struct ScheduleTests {
  private func rates(_ shape: Schedule.Shape, _ steps: Int, _ ratio: Double) -> [Double] {
    let schedule = Schedule(shape: shape, rate: 1, steps: steps, warmupRatio: ratio)
    return (0..<steps).map(schedule.rate(at:))
  }

  @Test("warms up from 0 over ⌈ratio · steps⌉ steps") func warmup() {
    #expect(rates(.constant, 5, 0.3) == [0, 0.5, 1, 1, 1])
    #expect(rates(.constant, 3, 0) == [1, 1, 1])
  }

  @Test("falls in a line") func linear() {
    #expect(rates(.linear, 4, 0) == [1, 0.75, 0.5, 0.25])
    #expect(rates(.linear, 5, 0.2) == [0, 1, 0.75, 0.5, 0.25])
  }

  @Test("falls as a cosine") func cosine() {
    let got = rates(.cosine, 4, 0)
    let half = 0.5.squareRoot()
    for (a, b) in zip(got, [1, 0.5 + half / 2, 0.5, 0.5 - half / 2]) { #expect(abs(a - b) < 1e-15) }
  }

  @Test("bears the shortest runs", arguments: Schedule.Shape.allCases)
  func short(shape: Schedule.Shape) {
    #expect(rates(shape, 1, 0) == [1])
    #expect(rates(shape, 1, 1) == [0])
    #expect(rates(shape, 0, 0.5) == [])
  }
}
