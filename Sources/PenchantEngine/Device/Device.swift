/// One term of a sum of matrix products: `left` (rows × depth) times a right operand.
package struct ProductTerm {
  /// How the right operand lies in memory.
  package enum Layout {
    /// (columns × depth): the product is left · rightᵀ, as a linear layer's forward pass.
    case transposed
    /// (depth × columns): the product is left · right, as a linear layer's gradient.
    case plain
  }

  package let left: Tensor
  package let right: Tensor
  package let layout: Layout

  package init(_ left: Tensor, _ right: Tensor, _ layout: Layout) {
    self.left = left
    self.right = right
    self.layout = layout
  }

  var depth: Int { left.columns }
  var columns: Int { layout == .transposed ? right.rows : right.columns }
}

/// Rows of consecutive tokens whose first stands at `position`.
package struct Segment: Sendable, Equatable {
  package var start: Int
  package var length: Int
  package var position: Int

  package init(start: Int, length: Int, position: Int) {
    self.start = start
    self.length = length
    self.position = position
  }
}

/// The shape of attention, the same for every layer that uses it.
package struct AttentionShape: Sendable, Equatable {
  package var heads: Int
  package var keyValueHeads: Int
  package var headDimension: Int
  /// Multiplies q·k; 1/√head dimension unless the architecture says otherwise.
  package var scale: Float
  /// A key is visible while the query's position minus its own is below this; nil is no limit.
  package var window: Int?
}

/// The results of the streaming head, one entry a row or a target.
package struct HeadStatistics {
  /// log p of each target, in the order of the targets.
  package var logProbabilities: [Float]
  /// −Σ p log p of each row.
  package var entropy: [Float]
  /// log Σ p² of each row (WPO's weighting).
  package var logSquareSum: [Float]
}

/// The seam under the decoder: coarse operations on tensors, each with its backward twin.
///
/// An operation may be enqueued; only ``read(_:)`` and ``synchronize()`` wait. The CPU computes at once.
/// "matrix dtype" is what matrix products read: bfloat16, or float32 as the oracle. Sums are float32.
/// Misuse (shapes that do not fit) is a programming error and traps.
package protocol Device: AnyObject {
  /// A name for people: `cpu (avx512bf16, 2 threads)`.
  var name: String { get }
  /// What decides the bits of a result besides the inputs: `cpu-avx512bf16`.
  var family: String { get }

  // Memory.
  func allocate(byteCount: Int) throws(EngineError) -> Buffer
  /// Read-only bytes of a mapped file as a buffer; they are not copied where the device can reach them.
  func adopt(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(EngineError) -> Buffer
  /// Bytes that the operations take for themselves at most, for a decoder of this size.
  func scratchForecast(_ architecture: DecoderArchitecture, tokens: Int, dtype: DType) -> Int
  func write(_ values: [Float], to tensor: Tensor)
  func write(_ values: [Int32], to tensor: Tensor)
  func read(_ tensor: Tensor) -> [Float]
  func zero(_ tensor: Tensor)
  func copy(_ source: Tensor, to destination: Tensor)
  func synchronize() throws(EngineError)

  /// out = [out +] scale · Σ terms [+ bias]. `fewRows` chooses the algorithm for decoding, whose bits do not
  /// depend on the number of rows either but differ from the other's.
  func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool,
    fewRows: Bool)
  /// out (left.columns × right.columns) += leftᵀ · right: the gradient of a weight. Sums over rows in order.
  func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor)

  /// out (float32) = rows of a table.
  func embed(_ ids: Tensor, table: Tensor, into out: Tensor)
  func embedBackward(_ ids: Tensor, dOut: Tensor, into dTable: Tensor)
  /// Converts between float32 and the matrix dtype.
  func convert(_ source: Tensor, into destination: Tensor)
  /// destination = chosen rows of source (both float32).
  func gather(_ source: Tensor, rows: [Int32], into destination: Tensor)
  /// destination's chosen rows = source's rows; each row at most once (both float32).
  func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor)

  func rmsNorm(_ x: Tensor, gain: Tensor, epsilon: Float, into out: Tensor)
  /// dX += the gradient; dGain, if given, accumulates.
  func rmsNormBackward(
    dOut: Tensor, x: Tensor, gain: Tensor, epsilon: Float, dX: Tensor, dGain: Tensor?)

  /// Rotates each head by its row's position; `angles` has half cosines then half sines for each position.
  func rotary(
    _ x: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into out: Tensor)
  /// The transposed rotation.
  func rotaryBackward(
    _ dOut: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into dX: Tensor)

  /// Attention of each group's segments: the first segment of a group is seen by all others of it.
  func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor)
  func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor)
  /// One query row a sequence against its cached runs; the row's own key is the last of its runs.
  func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor)

  func siluMultiply(gate: Tensor, up: Tensor, into out: Tensor)
  func siluMultiplyBackward(
    dOut: Tensor, gate: Tensor, up: Tensor, dGate: Tensor, dUp: Tensor)

  /// Log-probabilities of targets without logits. `targetOffsets` has rows + 1 entries. `logSumExp` (1, rows)
  /// and `meanWeight` (rows, d; Σ p·W, nil when no gradient is wanted) are kept for the backward twins.
  func head(
    hidden: Tensor, weight: Tensor, targetOffsets: [Int], targets: [Int32], logSumExp: Tensor,
    meanWeight: Tensor?
  ) -> HeadStatistics
  /// dHidden = Σ over the row's targets of c · (W[y] − Σ p·W).
  func headBackward(
    coefficients: [Float], weight: Tensor, targetOffsets: [Int], targets: [Int32],
    meanWeight: Tensor, into dHidden: Tensor)
  /// dWeight += the gradient of a trained head, recomputing its chunks.
  func headWeightBackward(
    coefficients: [Float], hidden: Tensor, weight: Tensor, targetOffsets: [Int],
    targets: [Int32], logSumExp: Tensor, into dWeight: Tensor)

  /// Σ x² in double, in an order that depends on the size alone.
  func sumSquares(_ x: Tensor) -> Double
  /// One AdamW step over flat float32 tensors; `working` receives the rounded weights.
  func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor)
}

/// The numbers of one AdamW step (Loshchilov and Hutter, arXiv 1711.05101).
package struct AdamWStep: Sendable, Equatable {
  /// Multiplies the gradient first (clipping).
  package var gradientScale: Float
  package var learningRate: Float
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float
  package var weightDecay: Float
  /// 1 − β₁ᵗ and 1 − β₂ᵗ, t counted from 1.
  package var correction1: Float
  package var correction2: Float
}
