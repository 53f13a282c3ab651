import PenchantFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The frequencies of one set of rotary positions, for sequences of a length.
///
/// Some scalings change all frequencies once a sequence is longer than the model was trained on. The length that
/// counts is that of an example's longest sequence, prompt included: the answers to one prompt share its keys (and
/// so does TRL, which pads both into one batch).
struct RotaryFrequencies {
  private let rotary: RotaryConfiguration

  init(_ rotary: RotaryConfiguration) { self.rotary = rotary }

  /// Pairs of components that turn.
  var pairs: Int { (rotary.dimension + 1) / 2 }

  /// Lengths with the same frequencies have the same reach: 0 while nothing depends on them.
  func reach(ofLength length: Int) -> Int {
    switch rotary.scaling {
    case .dynamic(_, let trained): length > trained ? length : 0
    case .longrope(let longrope): length > longrope.trainedLength ? 1 : 0
    default: 0
    }
  }

  /// What cosines and sines are multiplied by.
  var magnitude: Double {
    switch rotary.scaling {
    case .yarn(let yarn):
      func magnitude(_ weight: Double) -> Double {
        yarn.factor <= 1 ? 1 : 0.1 * weight * log(yarn.factor) + 1
      }
      if let factor = yarn.attentionFactor { return factor }
      guard let (first, second) = yarn.magnitudes else { return magnitude(1) }
      return magnitude(first) / magnitude(second)
    case .longrope(let longrope):
      if let factor = longrope.attentionFactor { return factor }
      guard longrope.factor > 1 else { return 1 }
      return (1 + log(longrope.factor) / log(Double(longrope.trainedLength))).squareRoot()
    default: return 1
    }
  }

  /// The frequency of every pair, in radians a position.
  func frequencies(reach: Int) -> [Double] {
    switch rotary.scaling {
    case .none: return unscaled(rotary.theta)
    case .linear(let factor): return unscaled(rotary.theta).map { $0 / factor }
    case .dynamic(let factor, let trained):
      let width = Double(rotary.dimension)
      let growth = factor * Double(max(reach, trained)) / Double(trained) - (factor - 1)
      return unscaled(rotary.theta * pow(growth, width / (width - 2)))
    case .llama3(let factor, let low, let high, let trained):
      return unscaled(rotary.theta).map { frequency in
        // How often it turns over the trained length decides.
        let turns = Double(trained) * frequency / (2 * .pi)
        if turns < low { return frequency / factor }
        if turns > high { return frequency }
        let share = (turns - low) / (high - low)
        return (1 - share) * frequency / factor + share * frequency
      }
    case .yarn(let yarn): return scaled(yarn)
    case .longrope(let longrope):
      return zip(unscaled(rotary.theta), reach == 0 ? longrope.short : longrope.long).map(/)
    }
  }

  /// θ^(−2i/d) for every pair i.
  private func unscaled(_ theta: Double) -> [Double] {
    (0..<pairs).map { 1 / pow(theta, Double(2 * $0) / Double(rotary.dimension)) }
  }

  /// Fast pairs keep their frequency, slow ones are divided by the factor, with a ramp between (arXiv 2309.00071,
  /// section 3.2).
  private func scaled(_ yarn: RotaryConfiguration.Yarn) -> [Double] {
    let width = Double(rotary.dimension)
    func pair(turning count: Double) -> Double {
      width * log(Double(yarn.trainedLength) / (count * 2 * .pi)) / (2 * log(rotary.theta))
    }
    var first = pair(turning: yarn.fastRotations)
    var last = pair(turning: yarn.slowRotations)
    if yarn.truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
    (first, last) = (max(first, 0), min(last, width - 1))
    if first == last { last += 0.001 }
    return unscaled(rotary.theta).enumerated().map { index, frequency in
      let ramp = min(max((Double(index) - first) / (last - first), 0), 1)
      return frequency / yarn.factor * ramp + frequency * (1 - ramp)
    }
  }
}
