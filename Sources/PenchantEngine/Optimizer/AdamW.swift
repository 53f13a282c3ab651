/// AdamW with clipping by the global norm, over a flat set of parameters.
package struct AdamW: Sendable, Codable, Equatable {
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  /// The gradient is scaled down so that its norm is at most this; 0 does not clip.
  package var maxGradientNorm: Double

  /// The defaults are PyTorch's, clipping TRL's.
  package init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    maxGradientNorm: Double = 1
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maxGradientNorm = maxGradientNorm
  }

  /// The global norm of the gradient, before clipping.
  package func gradientNorm(of parameters: ParameterSet, on device: any Device) -> Double {
    guard let training = parameters.training else { return 0 }
    return device.sumSquares(training.gradient).squareRoot()
  }

  /// Takes one step.
  /// - Parameters:
  ///   - number: which step this is, counted from 1.
  ///   - gradientNorm: as ``gradientNorm(of:on:)`` gave it; must be finite.
  package func step(
    _ parameters: ParameterSet, number: Int, learningRate: Double, gradientNorm: Double,
    on device: any Device
  ) {
    guard let training = parameters.training else { return }
    precondition(gradientNorm.isFinite, "AdamW.step: gradient norm \(gradientNorm)")
    // g · min(1, c / (‖g‖ + 1e-6)), as torch.nn.utils.clip_grad_norm_ does it.
    let scale = maxGradientNorm > 0 ? min(1, maxGradientNorm / (gradientNorm + 1e-6)) : 1
    let decayEnd = parameters.decayEnd
    for (range, decay) in [(0..<decayEnd, weightDecay), (decayEnd..<parameters.count, 0)]
    where !range.isEmpty {
      device.adamW(
        AdamWStep(
          gradientScale: Float(scale), learningRate: Float(learningRate), beta1: Float(beta1),
          beta2: Float(beta2), epsilon: Float(epsilon), weightDecay: Float(decay),
          correction1: Float(1 - Self.power(beta1, number)),
          correction2: Float(1 - Self.power(beta2, number))),
        weights: parameters.master.columns(range),
        working: parameters.working.dtype == .float32 ? nil : parameters.working.columns(range),
        m: training.firstMoment.columns(range), v: training.secondMoment.columns(range),
        gradient: training.gradient.columns(range))
    }
  }

  /// base^exponent by squaring: the same bits on every platform, whatever its libm.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, exponent) = (1.0, base, exponent)
    while exponent > 0 {
      if exponent & 1 == 1 { result *= factor }
      factor *= factor
      exponent >>= 1
    }
    return result
  }
}
