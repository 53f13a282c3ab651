#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One axis of a chart: a range that ends on round numbers, and the numbers to write.
package struct Axis: Sendable, Equatable {
  package let lower: Double
  package let upper: Double
  /// From `lower` to `upper`, 1, 2 or 5 times a power of ten apart.
  package let ticks: [Double]
  private let step: Double

  /// The shortest round range that covers the values.
  /// - Parameters:
  ///   - values: what must fit; those that are not finite are passed over, none at all gives 0…1.
  ///   - count: ticks wished for; the axis has between half and twice as many.
  package init(covering values: some Sequence<Double>, count: Int = 5) {
    var (least, most) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite {
      least = min(least, value)
      most = max(most, value)
    }
    if least > most { (least, most) = (0, 1) }
    if most - least <= max(abs(least), abs(most)) * 1e-9 {
      // All the same: a little room around it.
      let room = max(abs(least) * 0.1, least == 0 ? 1 : 0)
      (least, most) = (least - room, most + room)
    }
    let step = Self.round((most / 2 - least / 2) / Double(max(1, count)) * 2)
    let first = (least / step).rounded(.down)
    let last = (most / step).rounded(.up)
    guard step > 0, (first * step).isFinite, (last * step).isFinite, last - first < 100 else {
      (lower, upper, ticks, self.step) = (least, most, [least, most], most - least)
      return
    }
    self.step = step
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    lower = first * step
    upper = last * step
  }

  /// The next of 1, 2, 5, 10 … above a step.
  private static func round(_ step: Double) -> Double {
    guard step > 0, step.isFinite else { return step }
    let power = pow(10, log10(step).rounded(.down))
    return power * ([1, 2, 5, 10].first { $0 * power >= step * 0.999_999 } ?? 10)
  }

  /// Where a value lies on the axis, 0 at the lower end and 1 at the upper.
  package func position(_ value: Double) -> Double {
    // Halves, so that the difference of two large numbers does not overflow.
    upper > lower ? (value / 2 - lower / 2) / (upper / 2 - lower / 2) : 0.5
  }

  /// A tick as text, with as many decimals as the axis needs.
  package func label(_ tick: Double) -> String {
    let size = max(abs(lower), abs(upper))
    if tick == 0 { return "0" }
    if size >= 10_000 { return NumberText.short(tick) }
    if step < 1e-4 { return NumberText.significant(tick, 2) }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return NumberText.fixed(tick, decimals).replacingMinus
  }
}

extension String {
  /// With a true minus sign, which is as wide as a digit.
  var replacingMinus: String { hasPrefix("-") ? "−" + dropFirst() : self }
}
