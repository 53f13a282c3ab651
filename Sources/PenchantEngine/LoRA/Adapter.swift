import PenchantCore
import PenchantFormats

/// A low-rank adapter: its configuration and its weights, named as PEFT names them.
package final class Adapter {
  package let configuration: LoRAConfiguration
  package let parameters: ParameterSet
  /// What the model calls the layers it attaches to.
  let names: CheckpointNames
  /// Whether those are stored (in, out).
  let storesTransposed: Bool
  private let groups: [[LinearGroup: Group]]

  /// The factors of linear layers that read the same input: their A's lie one below the other.
  struct Group {
    /// The members in order; member i owns rows i·rank ..< (i + 1)·rank of A.
    let members: [Member]
    /// (members × rank, in), matrix dtype.
    let a: Tensor
    let aGradient: Tensor?
  }

  struct Member {
    let kind: LinearKind
    /// (out, rank), matrix dtype.
    let b: Tensor
    let bGradient: Tensor?
  }

  /// The name PEFT gives a factor.
  package static func name(
    _ kind: LinearKind, layer: Int, factor: Character, _ names: CheckpointNames = .llama
  ) -> String {
    "base_model.model.\(names.path(of: kind, layer: layer)).lora_\(factor).weight"
  }

  /// The name PEFT gives the score head.
  package static let scoreName = "base_model.model.\(AdapterConfiguration.scoreModule).weight"

  /// Allocates an adapter whose weights are all zero.
  package init(
    _ configuration: LoRAConfiguration, architecture: DecoderArchitecture, dtype: DType,
    trainable: Bool, on device: any Device
  ) throws(EngineError) {
    var configuration = configuration
    configuration.targets.formIntersection(architecture.linears)
    self.configuration = configuration
    let names = architecture.names
    self.names = names
    storesTransposed = architecture.storesTransposed
    let rank = configuration.rank
    var entries: [ParameterSet.Entry] = []
    func targeted(_ group: LinearGroup) -> [LinearKind] {
      architecture.members(of: group).filter(configuration.targets.contains)
    }
    for layer in 0..<architecture.layerCount {
      for group in LinearGroup.allCases {
        let kinds = targeted(group)
        entries += kinds.map { kind in
          ParameterSet.Entry(
            name: Self.name(kind, layer: layer, factor: "A", names), rows: rank,
            columns: architecture.shape(of: kind).columns, decays: true)
        }
        entries += kinds.map { kind in
          ParameterSet.Entry(
            name: Self.name(kind, layer: layer, factor: "B", names),
            rows: architecture.shape(of: kind).rows, columns: rank, decays: true)
        }
      }
    }
    if configuration.hasScoreHead {
      entries.append(
        ParameterSet.Entry(
          name: Self.scoreName, rows: 1, columns: architecture.hiddenSize, decays: true))
    }
    let parameters = try ParameterSet(entries, dtype: dtype, trainable: trainable, on: device)
    self.parameters = parameters

    func entry(_ kind: LinearKind, _ layer: Int, _ factor: Character) -> ParameterSet.Entry {
      let name = Self.name(kind, layer: layer, factor: factor, names)
      guard let entry = parameters.entry(named: name)
      else { preconditionFailure("Adapter: no entry for \(kind) of layer \(layer)") }
      return entry
    }
    groups = (0..<architecture.layerCount).map { layer in
      var byGroup: [LinearGroup: Group] = [:]
      for group in LinearGroup.allCases {
        let kinds = targeted(group)
        guard let first = kinds.first else { continue }
        let members = kinds.map { kind in
          let b = entry(kind, layer, "B")
          return Member(
            kind: kind, b: parameters.view(b, of: parameters.working),
            bGradient: parameters.training.map { parameters.view(b, of: $0.gradient) })
        }
        let start = entry(first, layer, "A")
        func stacked(_ flat: Tensor) -> Tensor {
          Tensor(
            buffer: flat.buffer, offset: flat.offset + start.offset * flat.dtype.size,
            rows: kinds.count * rank, columns: start.columns, dtype: flat.dtype)
        }
        byGroup[group] = Group(
          members: members, a: stacked(parameters.working),
          aGradient: parameters.training.map { stacked($0.gradient) })
      }
      return byGroup
    }
  }

  func group(_ group: LinearGroup, layer: Int) -> Group? { groups[layer][group] }

  /// The usual beginning: A uniform in ±1/√in (Kaiming with a = √5, as PEFT), B zero.
  ///
  /// The adapted model is then the base model, and a score head gives 0. The values depend on the seed and the parameter's place alone.
  package func initialize(seed: UInt64, on device: any Device) {
    for (index, entry) in parameters.entries.enumerated() {
      let view = parameters.view(entry, of: parameters.master)
      guard entry.name.hasSuffix("lora_A.weight") else {
        device.zero(view)
        continue
      }
      let bound = 1 / Double(entry.columns).squareRoot()
      var generator = Philox(seed: seed, stream: .parameters, step: UInt64(index)).generator()
      device.write(
        (0..<entry.count).map { _ in Float((2 * generator.nextDouble() - 1) * bound) }, to: view)
    }
    parameters.refreshWorking(on: device)
  }

  /// A copy with the same weights that cannot be trained: the reference for a run that starts from an adapter.
  package func frozenCopy(
    architecture: DecoderArchitecture, dtype: DType, on device: any Device
  ) throws(EngineError) -> Adapter {
    let copy = try Adapter(
      configuration, architecture: architecture, dtype: dtype, trainable: false, on: device)
    copy.parameters.copyWeights(from: parameters, on: device)
    return copy
  }
}
