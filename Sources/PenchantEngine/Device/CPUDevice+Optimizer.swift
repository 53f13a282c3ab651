import CPenchantKernels

extension CPUDevice {
  /// Elements of one piece of work; fixed, so that sums do not depend on the number of threads.
  private static let block = 1 << 16

  package func sumSquares(_ x: Tensor) -> Double {
    OperationCheck.sumSquares(x)
    let blocks = (x.count + Self.block - 1) / Self.block
    var partial = [Double](repeating: 0, count: blocks)
    partial.withUnsafeMutableBufferPointer { partial in
      let sums = partial.baseAddress
      pool.run(blocks) { index, _ in
        let start = index * Self.block
        sums?[index] = kernels.pointee.sum_squares(
          x.floats + start, Int64(min(Self.block, x.count - start)))
      }
    }
    return partial.reduce(0, +)
  }

  package func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor
  ) {
    OperationCheck.adamW(weights: weights, working: working, m: m, v: v, gradient: gradient)
    pool.run((weights.count + Self.block - 1) / Self.block) { index, _ in
      let start = index * Self.block
      kernels.pointee.adamw(
        weights.floats + start, working.map { $0.pointer + start * $0.dtype.size },
        working?.kernelType ?? PEN_F32, m.floats + start, v.floats + start,
        gradient.floats + start, Int64(min(Self.block, weights.count - start)),
        step.gradientScale, step.learningRate, step.beta1, step.beta2, step.epsilon,
        step.weightDecay, step.correction1, step.correction2)
    }
  }
}
