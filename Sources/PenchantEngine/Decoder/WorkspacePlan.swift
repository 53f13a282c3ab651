/// The places of a workspace's tensors.
struct WorkspacePlan {
  typealias Slot = ArenaPlan.Slot

  private(set) var stash = ArenaPlan()
  private(set) var scratch = ArenaPlan()
  private(set) var layers: [LayerStash<Slot>] = []
  let head: HeadStash<Slot>
  let forward: ForwardSpace<Slot>
  let backward: BackwardSpace<Slot>?

  init(_ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType) {
    let (tokens, rows) = (shape.tokens, shape.targetRows)
    let (d, ff) = (architecture.hiddenSize, architecture.intermediateSize)
    let (q, kv) = (architecture.queryWidth, architecture.keyValueWidth)
    let isTraining = shape.isTraining
    for _ in 0..<(isTraining ? architecture.layerCount : 1) {
      layers.append(Self.layer(&stash, tokens, shape.rank, architecture, dtype))
    }
    head = HeadStash(
      attentionOut: stash.reserve(rows, q, dtype), input: stash.reserve(rows, d, dtype),
      hidden: stash.reserve(rows, d, dtype),
      logSumExp: stash.reserve(1, rows, .float32),
      meanWeight: isTraining ? stash.reserve(rows, d, .float32) : nil)
    let normsQueries = architecture.normsQueries
    forward = ForwardSpace(
      ids: scratch.reserve(1, tokens, .int32), positions: scratch.reserve(1, tokens, .int32),
      residual: scratch.reserve(tokens, d, .float32), normed: scratch.reserve(tokens, d, dtype),
      activation: scratch.reserve(tokens, ff, dtype),
      rows: scratch.reserve(rows, d, .float32),
      q: normsQueries ? scratch.reserve(tokens, q, dtype) : nil,
      k: normsQueries ? scratch.reserve(tokens, kv, dtype) : nil)
    guard case .training(let full) = shape.purpose else {
      backward = nil
      return
    }
    let projections = Self.projections(&scratch, tokens, architecture, dtype)
    let expansions = Self.expansions(&scratch, tokens, architecture, dtype)
    backward = BackwardSpace(
      dResidual: scratch.reserve(tokens, d, .float32), dOut: scratch.reserve(tokens, d, dtype),
      dNormed: scratch.reserve(tokens, d, .float32),
      dActivation: scratch.reserve(tokens, ff, .float32), dExpansions: expansions.whole,
      dGate: expansions.parts[0], dUp: expansions.parts.count > 1 ? expansions.parts[1] : nil,
      dAttention: scratch.reserve(tokens, q, dtype), dQ: scratch.reserve(tokens, q, .float32),
      dK: scratch.reserve(tokens, kv, .float32), dV: scratch.reserve(tokens, kv, .float32),
      dProjections: projections.whole, dQRounded: projections.parts[0],
      dKRounded: projections.parts[1], dVRounded: projections.parts[2],
      dQInput: normsQueries ? scratch.reserve(tokens, q, .float32) : nil,
      dKInput: normsQueries ? scratch.reserve(tokens, kv, .float32) : nil,
      dLowRank: scratch.reserve(tokens, 3 * shape.rank, dtype),
      dRows: scratch.reserve(rows, d, .float32), dHidden: scratch.reserve(rows, d, .float32),
      ones: full ? scratch.reserve(tokens, 1, dtype) : nil)
  }

  private static func layer(
    _ plan: inout ArenaPlan, _ tokens: Int, _ rank: Int, _ architecture: DecoderArchitecture,
    _ dtype: DType
  ) -> LayerStash<Slot> {
    let d = architecture.hiddenSize
    let projections = projections(&plan, tokens, architecture, dtype)
    let expansions = expansions(&plan, tokens, architecture, dtype)
    return LayerStash(
      attentionInput: plan.reserve(tokens, d, dtype), projections: projections.whole,
      q: projections.parts[0], k: projections.parts[1], v: projections.parts[2],
      attentionOut: plan.reserve(tokens, architecture.queryWidth, dtype),
      logSumExp: plan.reserve(tokens, architecture.headCount, .float32),
      attentionBranch: architecture.has(.attentionOutput) ? plan.reserve(tokens, d, dtype) : nil,
      feedForwardInput: plan.reserve(tokens, d, dtype), expansions: expansions.whole,
      gate: expansions.parts[0], up: expansions.parts.count > 1 ? expansions.parts[1] : nil,
      feedForwardBranch: architecture.has(.feedForwardOutput)
        ? plan.reserve(tokens, d, dtype) : nil,
      lowRank: lowRank(&plan, tokens, rank, architecture, dtype))
  }

  private static func lowRank(
    _ plan: inout ArenaPlan, _ tokens: Int, _ rank: Int, _ architecture: DecoderArchitecture,
    _ dtype: DType
  ) -> [LinearGroup: Slot] {
    var slots: [LinearGroup: Slot] = [:]
    for group in LinearGroup.allCases {
      slots[group] = plan.reserve(tokens, architecture.members(of: group).count * rank, dtype)
    }
    return slots
  }

  /// Query, key and value: `whole` as the linear layers write them, `parts` as attention reads them.
  private static func projections(
    _ plan: inout ArenaPlan, _ tokens: Int, _ architecture: DecoderArchitecture, _ dtype: DType
  ) -> (whole: [Slot], parts: [Slot]) {
    let (q, kv) = (architecture.queryWidth, architecture.keyValueWidth)
    return place(
      &plan, tokens, [q, kv, kv], together: architecture.linears.contains(.queryKeyValue), dtype)
  }

  /// Gate and up, or the only expansion of a block without a gate.
  private static func expansions(
    _ plan: inout ArenaPlan, _ tokens: Int, _ architecture: DecoderArchitecture, _ dtype: DType
  ) -> (whole: [Slot], parts: [Slot]) {
    let ff = architecture.intermediateSize
    return place(
      &plan, tokens, architecture.isGated ? [ff, ff] : [ff],
      together: architecture.linears.contains(.gateUp), dtype)
  }

  private static func place(
    _ plan: inout ArenaPlan, _ tokens: Int, _ widths: [Int], together: Bool, _ dtype: DType
  ) -> (whole: [Slot], parts: [Slot]) {
    guard together else {
      let slots = widths.map { plan.reserve(tokens, $0, dtype) }
      return (slots, slots)
    }
    let whole = plan.reserve(tokens, widths.reduce(0, +), dtype)
    var start = 0
    let parts = widths.map { width in
      defer { start += width }
      return whole.columns(start..<start + width)
    }
    return ([whole], parts)
  }
}
