/// Times work: once to warm up, then several times; the middle of the times counts.
enum Stopwatch {
  /// Seconds of one call of `body`.
  /// - Parameters:
  ///   - repeats: calls at least.
  ///   - seconds: calls go on for so long, so that short work is measured often.
  static func median(
    repeats: Int, seconds: Double = 0.2, _ body: () throws -> Void
  ) rethrows -> Double {
    try body()
    let clock = ContinuousClock()
    let start = clock.now
    var times: [Double] = []
    repeat {
      times.append(try clock.measure(body) / .seconds(1))
    } while times.count < repeats
      || ((clock.now - start) / .seconds(1) < seconds && times.count < 10_000)
    return times.sorted()[times.count / 2]
  }
}
