import PenchantCore
import PenchantEngine
import PenchantFormats

extension Checkpoint {
  /// `reference.safetensors`: the snapshots of a reference that follows an adapter, or its whole weights.
  static let referenceFile = "reference.safetensors"
  /// Under which the shares of the snapshots stand in the objective's state.
  static let sharesKey = "reference_shares"

  /// Writes the reference and notes the snapshots' shares.
  static func write(
    _ reference: FollowingReference, to folder: String, state: inout CheckpointState
  ) throws(FormatsError) {
    let device = reference.decoder.device
    let path = FileSystem.join(folder, referenceFile)
    switch reference.held {
    case .weights(let weights):
      let set = weights.parameters
      try set.write(set.master, entries: set.entries, to: path, on: device)
    case .adapters(let terms, _):
      state.objective.values[sharesKey] = terms.map(\.share)
      let writer = try SafetensorsWriter(
        path: path,
        tensors: terms.enumerated().flatMap { index, term in
          term.adapter.parameters.entries.map {
            SafetensorsDescription(
              name: "\(index).\($0.name)", type: .float32, shape: [$0.rows, $0.columns])
          }
        })
      for (index, term) in terms.enumerated() {
        let set = term.adapter.parameters
        for entry in set.entries {
          let values = device.read(set.view(entry, of: set.master))
          try values.withUnsafeBytes { bytes in
            Result { () throws(FormatsError) in
              try writer.append(bytes, to: "\(index).\(entry.name)")
            }
          }.get()
        }
      }
      try writer.finish()
    }
  }

  /// Puts a reference back as it was.
  /// - Throws: ``TuningError`` when a tensor is missing or has another shape.
  func restore(_ reference: FollowingReference, like trainable: Trainable) throws {
    do {
      let file = try SafetensorsCheckpoint(file: FileSystem.join(path, Self.referenceFile))
      let (decoder, device) = (reference.decoder, reference.decoder.device)
      switch reference.held {
      case .weights(let weights):
        let set = weights.parameters
        try set.read(file, into: set.master, on: device)
        set.refreshWorking(on: device)
      case .adapters(let terms, let base):
        guard case .adapter(let policy, _) = trainable else { return }
        let shares = state.objective.values[Self.sharesKey] ?? []
        guard !shares.isEmpty else { return }
        var restored: [(adapter: Adapter, share: Double)] = []
        for (index, share) in shares.enumerated() {
          // The last one may be what the run began with, of its own rank.
          let name = "\(index).\(policy.parameters.entries.first?.name ?? "")"
          let rank = try file.tensor(named: name).shape.first
          let isFirst = rank != policy.configuration.rank
          let shape = isFirst ? terms.last?.adapter.configuration : nil
          let adapter = try Adapter(
            shape ?? policy.configuration, architecture: decoder.architecture,
            dtype: decoder.dtype, trainable: false, on: device)
          let set = adapter.parameters
          for entry in set.entries {
            let source = try file.require(
              "\(index).\(entry.name)", shape: [entry.rows, entry.columns])
            let values = (0..<entry.count).map {
              source.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
            }
            device.write(values, to: set.view(entry, of: set.master))
          }
          set.refreshWorking(on: device)
          restored.append((adapter, share))
        }
        try reference.take(restored, base)
      }
    } catch let error as FormatsError {
      throw TuningError(
        .checkpointDamaged(
          path: path, .unreadable(file: Self.referenceFile, reason: error.message)))
    }
  }
}
