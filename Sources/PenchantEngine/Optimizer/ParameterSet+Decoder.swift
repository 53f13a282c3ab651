extension ParameterSet {
  /// All weights of a decoder, copied.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  convenience init(
    copying base: DecoderTensors, _ architecture: DecoderArchitecture, dtype: DType,
    trainable: Bool, on device: any Device
  ) throws(EngineError) {
    let shapes = DecoderTensors.parameters(of: architecture)
    try self.init(
      shapes.map {
        ParameterSet.Entry(name: $0.name, rows: $0.rows, columns: $0.columns, decays: $0.decays)
      }, dtype: dtype, trainable: trainable, on: device)
    let masters = tensors(of: master, architecture)
    for parameter in shapes { device.convert(base[parameter], into: masters[parameter]) }
    refreshWorking(on: device)
  }

  /// One of the flat tensors as a decoder's.
  func tensors(of flat: Tensor, _ architecture: DecoderArchitecture) -> DecoderTensors {
    DecoderTensors(architecture) { parameter in
      guard let entry = entry(named: parameter.name) else {
        preconditionFailure("ParameterSet: no \(parameter.name)")
      }
      return view(entry, of: flat)
    }
  }
}

/// All weights of a decoder that are not trained but can change: the reference of full tuning that follows the policy.
package final class MovingWeights {
  package let parameters: ParameterSet
  package let weights: DecoderTensors

  /// Starts as a copy of `base`.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    copying base: DecoderTensors, _ architecture: DecoderArchitecture, dtype: DType,
    on device: any Device
  ) throws(EngineError) {
    parameters = try ParameterSet(
      copying: base, architecture, dtype: dtype, trainable: false, on: device)
    weights = parameters.tensors(of: parameters.working, architecture)
  }

  /// W = share · W_policy + (1 − share) · W, in double before it is rounded.
  package func mix(_ policy: FullParameters, share: Double, on device: any Device) {
    for entry in parameters.entries {
      let own = parameters.view(entry, of: parameters.master)
      let values = zip(
        device.read(own), device.read(policy.parameters.view(entry, of: policy.parameters.master)))
      device.write(
        values.map { Float(share * Double($1) + (1 - share) * Double($0)) }, to: own)
    }
    parameters.refreshWorking(on: device)
  }
}
