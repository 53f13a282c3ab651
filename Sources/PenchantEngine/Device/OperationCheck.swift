/// What the operands of each operation must be like, for every device: shapes and dtypes that do not fit trap.
enum OperationCheck {
  static func product(_ terms: [ProductTerm], into out: Tensor, accumulate: Bool) {
    for term in terms {
      precondition(
        term.left.rows == out.rows && term.columns == out.columns
          && term.depth == (term.layout == .transposed ? term.right.columns : term.right.rows)
          && term.left.dtype == terms[0].left.dtype,
        "product: (\(term.left.rows), \(term.depth)) × (\(term.right.rows), \(term.right.columns)) \(term.layout) into (\(out.rows), \(out.columns))"
      )
    }
    precondition(!accumulate || out.dtype == .float32, "product: accumulates in float32 only")
  }

  static func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    precondition(
      left.rows == right.rows && out.rows == left.columns && out.columns == right.columns
        && left.dtype == right.dtype && out.dtype == .float32,
      "productOverRows: (\(left.rows), \(left.columns))ᵀ × (\(right.rows), \(right.columns)) into (\(out.rows), \(out.columns))"
    )
  }

  static func quantise(_ source: Tensor, into values: Tensor, scales: Tensor) {
    precondition(
      values.rows == source.rows && values.columns == source.columns && values.dtype == .int8
        && scales.rows == source.rows && scales.dtype == .float32
        && scales.columns == (source.columns + quantisationGroup - 1) / quantisationGroup,
      "quantise: (\(source.rows), \(source.columns)) into (\(values.rows), \(values.columns))")
  }

  static func write(_ count: Int, to tensor: Tensor) {
    precondition(
      count == tensor.count && tensor.isContiguous, "write: \(count) values for \(tensor.count)")
  }

  static func copy(_ source: Tensor, to destination: Tensor) {
    precondition(
      source.rows == destination.rows && source.columns == destination.columns
        && source.dtype == destination.dtype,
      "copy: (\(source.rows), \(source.columns)) to (\(destination.rows), \(destination.columns))")
  }

  static func embed(_ ids: Tensor, table: Tensor, into out: Tensor) {
    precondition(
      ids.count == out.rows && table.columns == out.columns && out.dtype == .float32,
      "embed: \(ids.count) ids into (\(out.rows), \(out.columns))")
  }

  static func embedBackward(_ ids: Tensor, dOut: Tensor, into dTable: Tensor) {
    precondition(
      ids.count == dOut.rows && dTable.columns == dOut.columns && dTable.dtype == .float32,
      "embedBackward: \(ids.count) ids, (\(dOut.rows), \(dOut.columns))")
  }

  static func convert(_ source: Tensor, into destination: Tensor) {
    precondition(
      source.rows == destination.rows && source.columns == destination.columns,
      "convert: (\(source.rows), \(source.columns)) into (\(destination.rows), \(destination.columns))"
    )
  }

  static func add(_ source: Tensor, to destination: Tensor) {
    precondition(
      source.rows == destination.rows && source.columns == destination.columns
        && destination.dtype == .float32,
      "add: (\(source.rows), \(source.columns)) to (\(destination.rows), \(destination.columns))")
  }

  static func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    precondition(
      rows.count == destination.rows && source.columns == destination.columns,
      "gather: \(rows.count) rows into (\(destination.rows), \(destination.columns))")
  }

  static func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    precondition(
      rows.count == source.rows && source.columns == destination.columns,
      "scatter: \(rows.count) rows from (\(source.rows), \(source.columns))")
  }

  static func norm(_ x: Tensor, _ tensors: NormTensors, into out: Tensor) {
    precondition(
      x.rows == out.rows && x.columns == out.columns && tensors.gain.count == x.columns
        && x.dtype == out.dtype && tensors.gain.dtype == x.dtype,
      "norm: (\(x.rows), \(x.columns)) into (\(out.rows), \(out.columns))")
  }

  static func normBackward(dOut: Tensor, x: Tensor, _ tensors: NormTensors, dX: Tensor) {
    precondition(
      dOut.rows == x.rows && dX.rows == x.rows && dOut.columns == x.columns
        && dX.columns == x.columns && dX.dtype == .float32 && dOut.dtype == .float32
        && tensors.gain.dtype == x.dtype && tensors.gain.count == x.columns,
      "normBackward: (\(x.rows), \(x.columns)), dOut (\(dOut.rows), \(dOut.columns))")
  }

  static func rotary(
    _ x: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into out: Tensor
  ) {
    precondition(
      x.rows == out.rows && x.columns == out.columns && positions.count == x.rows
        && x.columns % headDimension == 0 && angles.columns <= headDimension,
      "rotary: (\(x.rows), \(x.columns)), head dimension \(headDimension)")
  }

  static func activate(gate: Tensor, up: Tensor?, into out: Tensor) {
    precondition(
      gate.rows == out.rows && gate.columns == out.columns && gate.dtype == out.dtype
        && up.map { $0.columns == out.columns && $0.stride == gate.stride } ?? true,
      "activate: (\(gate.rows), \(gate.columns)) into (\(out.rows), \(out.columns))")
  }

  static func activateBackward(
    dOut: Tensor, gate: Tensor, up: Tensor?, out: Tensor, dGate: Tensor, dUp: Tensor?
  ) {
    activate(gate: gate, up: up, into: out)
    precondition(
      dOut.rows == gate.rows && dOut.columns == gate.columns && dGate.columns == gate.columns
        && (up == nil) == (dUp == nil) && up?.stride ?? gate.stride == gate.stride
        && dUp?.stride ?? dGate.stride == dGate.stride,
      "activateBackward: (\(gate.rows), \(gate.columns)), dOut (\(dOut.rows), \(dOut.columns))")
  }

  static func attention(
    q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor, _ shape: AttentionShape
  ) {
    precondition(
      k.stride == v.stride && q.dtype == k.dtype && q.dtype == v.dtype && out.dtype == q.dtype
        && q.columns == shape.heads * shape.headDimension
        && k.columns == shape.keyValueHeads * shape.headDimension
        && logSumExp.columns == shape.heads, "attention: shapes or dtypes")
  }

  static func head(hidden: Tensor, weight: Tensor, meanWeight: Tensor? = nil) {
    precondition(
      hidden.columns == weight.columns && hidden.dtype == weight.dtype
        && meanWeight?.isContiguous ?? true,
      "head: hidden (\(hidden.rows), \(hidden.columns)), weight (\(weight.rows), \(weight.columns))"
    )
  }

  static func headWeightBackward(weight: Tensor, into dWeight: Tensor) {
    precondition(
      dWeight.rows == weight.rows && dWeight.columns == weight.columns && dWeight.dtype == .float32,
      "headWeightBackward: (\(dWeight.rows), \(dWeight.columns))")
  }

  static func adamW(weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor) {
    precondition(
      [m, v, gradient].allSatisfy { $0.count == weights.count && $0.isContiguous }
        && (working?.count ?? weights.count) == weights.count, "adamW: sizes differ")
  }

  static func sumSquares(_ x: Tensor) {
    precondition(x.isContiguous && x.dtype == .float32, "sumSquares: contiguous float32")
  }
}
