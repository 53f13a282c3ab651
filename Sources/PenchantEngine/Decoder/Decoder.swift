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

  private let rotaryTables: RotaryTables

  package init(_ architecture: DecoderArchitecture, dtype: DType, on device: any Device) {
    self.architecture = architecture
    self.dtype = dtype
    self.device = device
    rotaryTables = RotaryTables(architecture.rotaries, on: device)
  }

  /// What multiplies embeddings, as the matrix dtype has it where the architecture rounds it.
  var embeddingScale: Float {
    guard architecture.roundsEmbeddingScale, dtype == .bfloat16 else {
      return architecture.embeddingScale
    }
    return float(bfloat16: bfloat16Bits(architecture.embeddingScale))
  }

  /// By which tables a batch's rows turn.
  func rotaryRuns(_ batch: Batch) throws(EngineError) -> [RotaryRun] {
    try rotaryTables.runs(
      zip(batch.groups, batch.lengths).map { group, length in
        let start = group.first?.start ?? 0
        return (start..<start + group.reduce(0) { $0 + $1.length }, length)
      }, positions: Int(batch.positions.max() ?? 0) + 1)
  }

  /// By which tables the rows of a decoding step turn, one row a sequence.
  func rotaryRuns(_ sequences: [CachedSequence]) throws(EngineError) -> [RotaryRun] {
    try rotaryTables.runs(
      sequences.enumerated().map { ($0..<$0 + 1, $1.finalLength) },
      positions: (sequences.map(\.nextPosition).max() ?? 0) + 1)
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
