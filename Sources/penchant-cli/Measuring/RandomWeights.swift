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
    // A block of values written again and again: the time does not depend on them.
    let block = (0..<1 << 16).map { _ in Float(generator.nextDouble() - 0.5) * 0.1 }
    return DecoderTensors(architecture) { parameter in
      guard let slot = places[parameter.name] else {
        preconditionFailure("random: no place for \(parameter.name)")
      }
      let tensor = arena[slot]
      for row in 0..<parameter.rows {
        let values =
          parameter.decays
          ? (0..<parameter.columns).map { block[(row &* 7919 &+ $0) & 0xffff] }
          : [Float](repeating: 1, count: parameter.columns)
        device.write(values, to: tensor.rows(row..<row + 1))
      }
      return tensor
    }
  }
}
