/// The memory that a GPU's operations take for themselves, use by use, for some work at most.
///
/// It is had before the work begins: memory is then refused where fewer tokens can be taken, not in the middle of a
/// pass.
struct CUDAScratchPlan {
  /// Bytes of each use.
  private(set) var bytes: [ScratchUse: Int] = [:]
  private let architecture: DecoderArchitecture
  private let dtype: DType

  var byteCount: Int { bytes.values.reduce(0, +) }

  init(_ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType) {
    self.architecture = architecture
    self.dtype = dtype
    need(.workspace, CUDAProducts.workspaceBytes)
    switch work {
    case .passes(let shape): addPasses(shape)
    case .decoding(let sequences, let context): addDecoding(sequences, context)
    }
  }

  private mutating func need(_ use: ScratchUse, _ count: Int) {
    bytes[use] = max(bytes[use] ?? 0, count)
  }

  private mutating func addPasses(_ shape: WorkspaceShape) {
    let (tokens, rows) = (shape.tokens, shape.targetRows)
    need(.rows, 4 * rows)
    need(.attentionTasks, CUDAAttentionWork.mostBytes(tokens: tokens))
    addNarrowProducts(shape)
    addHead(rows: rows, targets: tokens, keepsWeights: shape.isTraining)
    guard case .training(let full) = shape.purpose else { return }
    need(.attentionDeltas, CUDADevice.deltaBytes(rows: tokens, heads: architecture.headCount))
    need(.partial, CUDADevice.sumBytes(count: architecture.parameterCount))
    guard full else { return }
    for (rows, width) in normed(tokens: tokens) {
      need(.states, CUDADevice.normStateBytes(rows: rows))
      need(.partial, CUDADevice.normGradientBytes(rows: rows, columns: width))
    }
  }

  /// Rows of each width that norms take at most.
  private func normed(tokens: Int) -> [(rows: Int, width: Int)] {
    let wholes = [(NormPlace.query, architecture.queryWidth), (.key, architecture.keyValueWidth)]
    return [(tokens, architecture.hiddenSize)]
      + wholes.filter { architecture.has($0.0) }.map { place, whole in
        let width = architecture.width(of: place)
        return (tokens * (whole / width), width)
      }
  }

  private mutating func needNarrow(rows: Int, depth: Int, columns: Int) {
    guard columns <= CUDADevice.widestNarrow else { return }
    need(.partial, CUDADevice.narrowBytes(rows: rows, depth: depth, columns: columns))
  }

  /// Partial sums of products with few columns: the adapter's X·Aᵀ and dY·B, and all that a small model has.
  private mutating func addNarrowProducts(_ shape: WorkspaceShape) {
    guard dtype == .bfloat16 else { return }
    for kind in architecture.linears {
      let (rows, columns) = architecture.shape(of: kind)
      needNarrow(rows: shape.tokens, depth: columns, columns: rows)
      needNarrow(rows: shape.tokens, depth: rows, columns: columns)
      // An adapter need not have all members of a group: what counts is what they can come to.
      let together = architecture.members(of: kind.group).count * shape.rank
      needNarrow(
        rows: shape.tokens, depth: columns, columns: min(together, CUDADevice.widestNarrow))
      needNarrow(rows: shape.tokens, depth: rows, columns: shape.rank)
    }
    needNarrow(
      rows: min(shape.targetRows, CUDADevice.headRows), depth: CUDADevice.headChunk,
      columns: architecture.hiddenSize)
  }

  private mutating func addHead(rows: Int, targets: Int, keepsWeights: Bool) {
    let together = min(rows, CUDADevice.headRows)
    let chunk = min(architecture.vocabularySize, CUDADevice.headChunk)
    need(.offsets, 4 * (rows + 1))
    need(.targets, 4 * targets)
    need(.results, CUDADevice.headResultBytes(rows: rows, targets: targets))
    need(.states, CUDADevice.headStateBytes(rows: together))
    need(.factors, 4 * together)
    need(.logits, CUDADevice.tableBytes(together, chunk, .float32))
    need(.logitWeights, CUDADevice.tableBytes(keepsWeights ? together : 0, chunk, dtype))
    guard keepsWeights else { return }
    need(.coefficients, 4 * targets)
    need(.slopes, 4 * targets)
  }

  private mutating func addDecoding(_ sequences: Int, _ context: Int) {
    need(.rows, 4 * sequences)
    need(.runs, CUDADecodeWork.mostBytes(sequences: sequences))
    need(
      .partial,
      CUDADevice.decodePartBytes(
        rows: sequences, shape: architecture.attention(layer: 0),
        chunks: CUDADecodeWork.chunks(context)))
    guard dtype == .bfloat16 else { return }
    // The weights' rows take the part of many rows.
    let products =
      architecture.linears.map { architecture.shape(of: $0) }
      + [(architecture.vocabularySize, architecture.hiddenSize)]
    for (rows, depth) in products {
      need(
        .partial,
        CUDADevice.narrowBytes(
          rows: rows, depth: depth, columns: min(sequences, CUDADevice.widestNarrow)))
    }
  }
}
