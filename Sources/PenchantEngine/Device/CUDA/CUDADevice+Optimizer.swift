extension CUDADevice {
  /// Elements of one sum; fixed, as `kernels/optimizer.cu` has it.
  private static let summed = 1 << 16

  /// Of the partial sums of so many elements.
  static func sumBytes(count: Int) -> Int {
    max(1, (count + summed - 1) / summed) * MemoryLayout<Double>.size
  }

  package func sumSquares(_ x: Tensor) -> Double {
    OperationCheck.sumSquares(x)
    let blocks = (x.count + Self.summed - 1) / Self.summed
    let address = scratch(.partial, bytes: Self.sumBytes(count: x.count))
    launch(
      CUDAKernel("sum_squares", in: "optimizer", .float32), blocks: blocks, threads: 256,
      [address, x, x.count])
    var partial = [Double](repeating: 0, count: blocks)
    partial.withUnsafeMutableBytes { receive(address, into: $0) }
    return partial.reduce(0, +)
  }

  package func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor
  ) {
    OperationCheck.adamW(weights: weights, working: working, m: m, v: v, gradient: gradient)
    launch(
      CUDAKernel("adamw", in: "optimizer", working?.dtype ?? .float32),
      blocks: (weights.count + 255) / 256, threads: 256,
      [
        weights, working, m, v, gradient, weights.count, step.gradientScale, step.learningRate,
        step.beta1, step.beta2, step.epsilon, step.weightDecay, step.correction1, step.correction2,
      ])
  }
}
