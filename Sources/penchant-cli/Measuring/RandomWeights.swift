import PenchantCore
import PenchantEngine

extension DecoderTensors {
  /// Weights of the size trained ones have; norms are ones.
  static func random(
    _ architecture: DecoderArchitecture, _ dtype: DType, on device: any Device
  ) throws -> DecoderTensors {
    var plan = ArenaPlan()
    let slots = DecoderTensors.parameters(of: architecture).map {
      ($0.name, plan.reserve($0.rows, $0.columns, dtype))
    }
    let arena = try Arena(plan, on: device)
    let places = Dictionary(uniqueKeysWithValues: slots)
    var generator = Philox(seed: 2, stream: .synthetic).generator()
    let block = (0..<SyntheticBlock.count).map { _ in Float(generator.nextDouble() - 0.5) * 0.1 }
    return DecoderTensors(architecture) { parameter in
      guard let slot = places[parameter.name] else {
        preconditionFailure("random: no place for \(parameter.name)")
      }
      let tensor = arena[slot]
      SyntheticBlock.fill(
        tensor, with: parameter.decays ? block : [Float](repeating: 1, count: tensor.count),
        on: device)
      return tensor
    }
  }
}
