import CPenchantKernels
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct ActivationTests {
  static let activations = [PEN_SILU, PEN_GELU_TANH, PEN_GELU].map(\.rawValue)

  /// The function itself, in Double.
  private static func value(_ x: Double, _ activation: UInt32) -> Double {
    switch activation {
    case PEN_GELU_TANH.rawValue:
      return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case PEN_GELU.rawValue: return 0.5 * x * erfc(-x / 2.0.squareRoot())
    default: return x / (1 + exp(-x))
    }
  }

  private static func slope(_ x: Double, _ activation: UInt32) -> Double {
    let step = 1e-5
    return (value(x + step, activation) - value(x - step, activation)) / (2 * step)
  }

  @Test(arguments: MultiplyTests.arguments, activations)
  func forwardAndBackwardAgreeWithDouble(argument: (KernelSet, DType), activation: UInt32) {
    let (set, dtype) = argument
    let kind = pen_activation(rawValue: activation)
    var numbers = Numbers(seed: 4)
    let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16 : Tolerance.sums
    for (index, columns) in oddShapes.enumerated() {
      let isGated = index % 3 != 2
      let gate = Matrix(3, columns, dtype.pen, random: &numbers, scale: 8)
      let up = Matrix(3, columns, dtype.pen, random: &numbers)
      let dOut = Matrix(3, columns, random: &numbers)
      let out = Matrix(3, columns, dtype.pen, padding: 5)
      let factors = isGated ? up.values : up.values.map { _ in 1 }
      set.table.activate(
        out.pointer, Int64(out.stride), gate.pointer, isGated ? up.pointer : nil,
        Int64(gate.stride), 3, Int64(columns), dtype.pen, kind)
      expectClose(
        out.values, zip(gate.values, factors).map { Self.value($0, activation) * $1 }, tolerance,
        "out of \(columns)")
      let dGate = zip(zip(gate.values, factors), dOut.values).map {
        $1 * $0.1 * Self.slope($0.0, activation)
      }
      let dUp =
        isGated
        ? zip(gate.values, dOut.values).map { $1 * Self.value($0, activation) } : up.values
      // Written over its own inputs.
      let again = Matrix(3, columns, dtype.pen, padding: 5)
      set.table.activate_backward(
        again.pointer, Int64(again.stride), gate.pointer, isGated ? up.pointer : nil,
        Int64(gate.stride), dOut.floats,
        Int64(dOut.stride), gate.pointer, isGated ? up.pointer : nil, Int64(gate.stride), 3,
        Int64(columns), dtype.pen, kind)
      expectClose(gate.values, dGate, tolerance, "d gate of \(columns)")
      expectClose(up.values, dUp, tolerance, "d up of \(columns)")
      #expect(again.values == out.values)
      #expect(
        out.paddingIsIntact && again.paddingIsIntact && gate.paddingIsIntact && up.paddingIsIntact)
    }
  }

  @Test(arguments: KernelSet.all)
  func theSoftCapIsTanh(set: KernelSet) {
    let points: [Float] = [
      0, 1e-20, -1e-6, 0.01, -0.3, 0.6, 0.62, 0.63, -0.64, 1, 3, -9, 20, 100, -1e30, .infinity,
    ]
    for cap in [Float(1), 30, 0.5] {
      let x = Matrix(1, points.count)
      for (i, point) in points.enumerated() { x[0, i] = point * cap }
      set.table.soft_cap(x.floats, cap, Int64(points.count))
      for (i, point) in points.enumerated() {
        let expected = Double(cap) * tanh(Double(point))
        // Three ulp of tanh and three roundings.
        #expect(abs(Double(x[0, i]) - expected) <= 9 * Tolerance.float32 * abs(expected))
      }
      #expect(x.paddingIsIntact)
    }
    let x = Matrix(1, 1)
    x[0, 0] = .nan
    set.table.soft_cap(x.floats, 2, 1)
    #expect(x[0, 0].isNaN)
  }
}

/// Gated SiLU at its limits; ``ActivationTests`` has all activations.
@Suite struct SiluTests {
  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exponential(-x)) }

  @Test(arguments: KernelSet.all)
  func isRightFarFromZeroAndPassesNaNOn(set: KernelSet) {
    let gates: [Float] = [
      -1000, -100, -89, -88, -87, -20, -1e-10, 0, 1e-10, 20, 87, 89, 100, 1000, .infinity, .nan,
    ]
    let gate = Matrix(1, gates.count)
    let up = Matrix(1, gates.count)
    for (i, value) in gates.enumerated() {
      gate[0, i] = value
      up[0, i] = 1
    }
    let out = Matrix(1, gates.count)
    set.table.activate(
      out.floats, Int64(out.stride), gate.floats, up.floats, Int64(gate.stride), 1,
      Int64(gates.count), PEN_F32, PEN_SILU)
    for (i, value) in gates.enumerated() {
      let expected = Double(value) * Self.sigmoid(Double(value))
      if value.isNaN || value.isInfinite {
        #expect(out[0, i].isNaN == value.isNaN && out[0, i].isInfinite == value.isInfinite)
      } else {
        // Four roundings; below −87 the exponential may have reached its end: 0 is as good.
        let bound = 4 * Tolerance.float32 * abs(expected) + 1e-35
        #expect(abs(Double(out[0, i]) - expected) <= bound, "silu(\(value))")
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func theExponentialIsWithinTwoUlp(set: KernelSet) {
    // silu(x) · 1/x = 1 / (1 + e^−x): for large negative x it is e^x with two more roundings.
    let count = 4000
    let gate = Matrix(1, count)
    let up = Matrix(1, count)
    for i in 0..<count {
      gate[0, i] = -20 - Float(i) * 65 / Float(count)
      up[0, i] = 1
    }
    let out = Matrix(1, count)
    set.table.activate(
      out.floats, Int64(out.stride), gate.floats, up.floats, Int64(gate.stride), 1, Int64(count),
      PEN_F32, PEN_SILU)
    let worst = (0..<count).map { i -> Double in
      let x = Double(gate[0, i])
      let expected = x / (1 + exponential(-x))
      return abs(Double(out[0, i]) / expected - 1)
    }.max()
    #expect((worst ?? .infinity) <= (2 * 2 + 3) * Tolerance.float32)
  }
}
