#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Weights and adapter that together give a model's behaviour, and where its gradients go.
///
/// The reference of a new adapter is the same weights without it; of full tuning, the files as they are.
package struct Policy {
  package let weights: DecoderTensors
  package let adapter: Adapter?
  /// Full tuning only: one float32 tensor for each weight.
  package let gradients: DecoderTensors?

  package init(
    weights: DecoderTensors, adapter: Adapter? = nil, gradients: DecoderTensors? = nil
  ) {
    self.weights = weights
    self.adapter = adapter
    self.gradients = gradients
  }
}

/// A transformer decoder on a device: forward, backward, and cached decoding.
///
/// Numbers: the residual stream, norm statistics, softmax and all gradients are float32; what a matrix product
/// reads is rounded to the matrix dtype first. Norm inputs are rounded before they are normalised, so that
/// backward sees what forward used. Single-owner, like its device.
package final class Decoder {
  package let architecture: DecoderArchitecture
  package let device: any Device
  /// The type matrix products read: bfloat16, or float32 as the oracle.
  package let dtype: DType
  /// Called before each block; throws to abandon a pass.
  ///
  /// An abandoned step changes no parameter.
  package var poll: () throws(EngineError) -> Void = { () throws(EngineError) in }

  /// Cosines and sines for positions 0 ..< angles.rows.
  private var angles: Tensor?

  package init(_ architecture: DecoderArchitecture, dtype: DType, on device: any Device) {
    self.architecture = architecture
    self.dtype = dtype
    self.device = device
  }

  /// The rotary angles of positions up to a number, computed in double (Su et al., arXiv 2104.09864).
  func angles(forPositions count: Int) throws(EngineError) -> Tensor {
    if let angles, angles.rows >= count { return angles }
    var rows = 256
    while rows < count { rows *= 2 }
    let half = architecture.headDimension / 2
    var plan = ArenaPlan()
    let slot = plan.reserve(rows, 2 * half, .float32)
    let table = try Arena(plan, on: device)[slot]
    let frequencies = (0..<half).map { pair in
      // Rounded to float32 as every implementation of these models does.
      Double(Float(1 / pow(architecture.ropeTheta, Double(2 * pair) / Double(2 * half))))
    }
    var values = [Float]()
    values.reserveCapacity(rows * 2 * half)
    for position in 0..<rows {
      let radians = frequencies.map { Double(Float(Double(position) * $0)) }
      values += radians.map { Float(cos($0)) }
      values += radians.map { Float(sin($0)) }
    }
    device.write(values, to: table)
    angles = table
    return table
  }

  /// Refuses what no table has a row for.
  func check(_ ids: [Int32], _ positions: [Int32]) throws(EngineError) {
    if let id = ids.first(where: { $0 < 0 || Int($0) >= architecture.vocabularySize }) {
      throw EngineError(.tokenOutOfRange(id: Int(id), vocabulary: architecture.vocabularySize))
    }
    if let last = positions.max(), Int(last) >= architecture.maxPositions {
      throw EngineError(
        .positionOutOfRange(position: Int(last), limit: architecture.maxPositions))
    }
  }
}
