import PenchantCore
package import PenchantEngine
import PenchantFormats

/// The flat tensors of a parameter set that a checkpoint keeps in float32, entry by entry.
private struct OptimizerTensors {
  /// `weight.`, `first_moment.` and `second_moment.`, in the order of the file.
  let sections: [(prefix: String, flat: Tensor)]

  /// - Precondition: the set is being trained.
  init(_ parameters: ParameterSet) {
    guard let training = parameters.training else {
      preconditionFailure("OptimizerTensors: the parameters are not being trained")
    }
    sections = [
      ("weight.", parameters.master), ("first_moment.", training.firstMoment),
      ("second_moment.", training.secondMoment),
    ]
  }
}

extension Checkpoint {
  /// Writes optimizer.safetensors.
  static func writeOptimizer(
    _ parameters: ParameterSet, to path: String, on device: any Device, fault: WriteFault?
  ) throws(FormatsError) {
    let tensors = OptimizerTensors(parameters)
    let writer = try SafetensorsWriter(
      path: path,
      tensors: tensors.sections.flatMap { section in
        parameters.entries.map {
          SafetensorsDescription(
            name: section.prefix + $0.name, type: .float32, shape: [$0.rows, $0.columns])
        }
      }, fault: fault)
    for (prefix, flat) in tensors.sections {
      for entry in parameters.entries {
        let values = device.read(parameters.view(entry, of: flat))
        try values.withUnsafeBytes { bytes in
          Result { () throws(FormatsError) in try writer.append(bytes, to: prefix + entry.name) }
        }.get()
      }
    }
    try writer.finish()
  }

  /// Puts weights and moments back as they were.
  /// - Throws: ``TuningError`` when a tensor is missing or has another shape; the weights may then be half
  ///   restored and the run must not go on.
  package func restore(_ parameters: ParameterSet, on device: any Device) throws(TuningError) {
    do throws(FormatsError) {
      let file = try SafetensorsFile(path: FileSystem.join(path, Self.optimizerFile))
      for (prefix, flat) in OptimizerTensors(parameters).sections {
        for entry in parameters.entries {
          let name = prefix + entry.name
          guard let stored = file[name], stored.shape == [entry.rows, entry.columns],
            stored.type == .float32
          else { throw FormatsError(.tensorNotFound(name: name, path: file.path, nearest: nil)) }
          let bytes = file.bytes(of: stored)
          let values = (0..<entry.count).map {
            bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
          }
          device.write(values, to: parameters.view(entry, of: flat))
        }
      }
    } catch {
      let defect: CheckpointDefect =
        if case .tensorNotFound(let name, _, _) = error.code { .wrongTensor(name: name) } else {
          .unreadable(file: Self.optimizerFile, reason: error.message)
        }
      throw TuningError(.checkpointDamaged(path: path, defect))
    }
    parameters.refreshWorking(on: device)
  }
}
