/// Rotary positions as `config.json` describes them (Su et al., arXiv 2104.09864): base, width, scaling.
package struct RotaryConfiguration: Sendable, Equatable {
  /// How frequencies are changed for contexts longer than the model was first trained on.
  package enum Scaling: Sendable, Equatable {
    case none
    /// All frequencies divided by a factor.
    case linear(factor: Double)
    /// A larger base for sequences longer than the trained length ("NTK-aware").
    case dynamic(factor: Double, trainedLength: Int)
    /// Llama 3.1: low frequencies divided by the factor, high ones kept, a ramp between.
    case llama3(factor: Double, low: Double, high: Double, trainedLength: Int)
    /// Peng et al., arXiv 2309.00071.
    case yarn(Yarn)
    /// Ding et al., arXiv 2402.13753: a divisor for each frequency, other ones beyond the trained length.
    case longrope(LongRope)
  }

  package struct Yarn: Sendable, Equatable {
    package var factor: Double
    package var trainedLength: Int
    /// What cosines and sines are multiplied by; nil where the formula gives it.
    package var attentionFactor: Double?
    package var fastRotations: Double
    package var slowRotations: Double
    /// Weights of ln(factor) in the attention factor, where both are given.
    package var magnitudes: (Double, Double)?
    /// Whether the ramp's ends are rounded to whole dimensions.
    package var truncates: Bool

    package static func == (a: Yarn, b: Yarn) -> Bool {
      a.factor == b.factor && a.trainedLength == b.trainedLength
        && a.attentionFactor == b.attentionFactor && a.fastRotations == b.fastRotations
        && a.slowRotations == b.slowRotations && a.truncates == b.truncates
        && a.magnitudes?.0 == b.magnitudes?.0 && a.magnitudes?.1 == b.magnitudes?.1
    }
  }

  package struct LongRope: Sendable, Equatable {
    /// Context over trained length.
    package var factor: Double
    package var trainedLength: Int
    /// What cosines and sines are multiplied by; nil where the formula gives it.
    package var attentionFactor: Double?
    /// A divisor for each frequency, for sequences of up to the trained length.
    package var short: [Double]
    /// The same for longer sequences.
    package var long: [Double]
  }

  /// Base of the frequencies.
  package var theta: Double
  /// Components of a head that turn, 2…head size; those after them stay.
  package var dimension: Int
  package var scaling: Scaling

  package init(theta: Double, dimension: Int, scaling: Scaling = .none) {
    self.theta = theta
    self.dimension = dimension
    self.scaling = scaling
  }

  /// The name files have for the scaling.
  package var typeName: String {
    switch scaling {
    case .none: "default"
    case .linear: "linear"
    case .dynamic: "dynamic"
    case .llama3: "llama3"
    case .yarn: "yarn"
    case .longrope: "longrope"
    }
  }
}
