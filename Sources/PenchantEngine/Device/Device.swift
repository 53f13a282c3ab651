package import PenchantFormats

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
  /// Of an int8 right operand, one for each group of a row.
  package let scales: Tensor?
  package let layout: Layout

  package init(_ left: Tensor, _ right: Tensor, scales: Tensor? = nil, _ layout: Layout) {
    precondition(
      scales.map { right.dtype == .int8 && left.dtype == .bfloat16 && $0.rows == right.rows }
        ?? (left.dtype == right.dtype), "ProductTerm: \(left.dtype) and \(right.dtype)")
    self.left = left
    self.right = right
    self.scales = scales
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

/// The shape of one layer's attention.
package struct AttentionShape: Sendable, Equatable {
  package var heads: Int
  package var keyValueHeads: Int
  package var headDimension: Int
  /// Multiplies q·k; 1/√head dimension unless the architecture says otherwise.
  package var scale: Float
  /// Scores become cap · tanh(score / cap); 0 leaves them as they are.
  package var softCap: Float = 0
  /// A key is visible while the query's position minus its own is below this; nil is no limit.
  package var window: Int?

  package init(
    heads: Int, keyValueHeads: Int, headDimension: Int, scale: Float, softCap: Float = 0,
    window: Int? = nil
  ) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.scale = scale
    self.softCap = softCap
    self.window = window
  }
}

/// How rows are normalised.
package struct NormShape: Sendable, Equatable {
  package enum Kind: Sendable {
    /// x / √(mean x² + ε) · gain (Zhang and Sennrich, arXiv 1910.07467).
    case rootMeanSquare
    /// (x − mean) / √(variance + ε) · gain + bias (Ba et al., arXiv 1607.06450).
    case layer
  }

  package var kind: Kind = .rootMeanSquare
  package var epsilon: Float
  /// Added to the gain: 1 where a checkpoint stores the distance from 1.
  ///
  /// Root mean square only.
  package var gainOffset: Float = 0

  package init(epsilon: Float) { self.epsilon = epsilon }
}

/// The parameters of a norm, or their gradients.
package struct NormTensors {
  package let gain: Tensor
  /// Of a layer norm.
  package let bias: Tensor?

  package init(gain: Tensor, bias: Tensor? = nil) {
    self.gain = gain
    self.bias = bias
  }
}

/// What becomes of a logit z = h·W: scale · z, then cap · tanh(z / cap).
package struct HeadShape: Sendable, Equatable {
  package var scale: Float
  /// 0 is no cap.
  package var softCap: Float

  package init(scale: Float = 1, softCap: Float = 0) {
    self.scale = scale
    self.softCap = softCap
  }
}

/// The results of the streaming head, one entry a row or a target.
package struct HeadStatistics {
  /// log p of each target, in the order of the targets.
  package var logProbabilities: [Float]
  /// dlogit/d(h·W) of each target: the head's scale, less where a soft cap bends it.
  package var targetSlopes: [Float]
  /// −Σ p log p of each row.
  package var entropy: [Float]
  /// log Σ p² of each row (WPO's weighting).
  package var logSquareSum: [Float]

  /// All zero, to be filled.
  package init(rows: Int, targets: Int) {
    logProbabilities = [Float](repeating: 0, count: targets)
    targetSlopes = logProbabilities
    entropy = [Float](repeating: 0, count: rows)
    logSquareSum = entropy
  }
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
  /// What `--device` calls it: `cpu`, `cuda:0`.
  var choice: DeviceChoice { get }

  /// Bytes of the device's own memory that are free now; nil where it computes in the system's.
  var availableBytes: Int? { get }
  /// Bytes a second at which memory that is in no cache is read, or moved, measured for so long.
  func bytesReadPerSecond(seconds: Double) throws(EngineError) -> Double

  // Memory.
  func allocate(byteCount: Int) throws(EngineError) -> Buffer
  /// Read-only bytes of a mapped file as a buffer; they are not copied where the device can reach them.
  func adopt(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(EngineError) -> Buffer
  /// Bytes that the operations take for themselves at most, for some work of a decoder.
  func scratchForecast(
    _ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int
  /// Takes those bytes now, so that the work is not refused them on the way.
  /// - Throws: ``EngineError`` when the memory cannot be had; what was taken for other work may be given back then.
  func reserveScratch(
    for work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) throws(EngineError)
  func write(_ values: [Float], to tensor: Tensor)
  func write(_ values: [Int32], to tensor: Tensor)
  func read(_ tensor: Tensor) -> [Float]
  func zero(_ tensor: Tensor)
  func copy(_ source: Tensor, to destination: Tensor)
  func synchronize() throws(EngineError)

  /// int8 values and float32 scales (rows × ``quantisationGroup``s of a row) of a matrix: w ≈ value · scale, by
  /// at most half a scale. What products read is that rounded to bfloat16.
  /// - Returns: false if an element is not finite.
  func quantise(_ source: Tensor, into values: Tensor, scales: Tensor) throws(EngineError) -> Bool

  /// out = [out +] scale · Σ terms [+ bias]. `fewRows` chooses the algorithm for decoding where all terms are
  /// transposed; its bits do not depend on the number of rows either but differ from the other's.
  func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool,
    fewRows: Bool)
  /// out (left.columns × right.columns) += leftᵀ · right: the gradient of a weight. Sums over rows in order.
  func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor)

  /// out (float32) = [out +] scale · rows of a table, the product rounded to the table's dtype.
  func embed(_ ids: Tensor, table: Tensor, scale: Float, accumulate: Bool, into out: Tensor)
  func embedBackward(_ ids: Tensor, dOut: Tensor, scale: Float, into dTable: Tensor)
  /// destination = scale · source, between float32 and the matrix dtype.
  func convert(_ source: Tensor, scale: Float, into destination: Tensor)
  /// destination (float32) += scale · source.
  func add(_ source: Tensor, scale: Float, to destination: Tensor)
  /// destination = chosen rows of source (both float32).
  func gather(_ source: Tensor, rows: [Int32], into destination: Tensor)
  /// destination's chosen rows = source's rows; each row at most once (both float32, or both the matrix dtype).
  func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor)

  func norm(_ x: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor)
  /// rounded = x (float32) in the matrix dtype; out = its norm.
  func norm(
    _ x: Tensor, rounded: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor)
  /// dX += the gradient; those of gain and bias, if given, accumulate.
  func normBackward(
    dOut: Tensor, x: Tensor, _ tensors: NormTensors, shape: NormShape, dX: Tensor,
    gradients: NormTensors?)

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

  /// out = activation(gate) [∘ up].
  func activate(_ activation: Activation, gate: Tensor, up: Tensor?, into out: Tensor)
  /// The gradients, and once more out = activation(gate) [∘ up]; `dUp` is given when `up` is.
  func activateBackward(
    _ activation: Activation, dOut: Tensor, gate: Tensor, up: Tensor?, into out: Tensor,
    dGate: Tensor, dUp: Tensor?
  )
  /// x (float32) becomes cap · tanh(x / cap).
  func softCap(_ x: Tensor, cap: Float)

  /// Log-probabilities of targets without logits. `targetOffsets` has rows + 1 entries. `logSumExp` (1, rows)
  /// and `meanWeight` (rows, d; Σ p·slope·W, nil when no gradient is wanted) are kept for the backward twins.
  func head(
    hidden: Tensor, weight: Tensor, shape: HeadShape, targetOffsets: [Int], targets: [Int32],
    logSumExp: Tensor, meanWeight: Tensor?
  ) -> HeadStatistics
  /// dHidden = Σ over the row's targets of c · (slope · W[y] − Σ p·slope·W); `slopes` are the targets' own.
  func headBackward(
    coefficients: [Float], slopes: [Float], weight: Tensor, targetOffsets: [Int],
    targets: [Int32], meanWeight: Tensor, into dHidden: Tensor)
  /// dWeight += the gradient of a trained head, recomputing its chunks.
  func headWeightBackward(
    coefficients: [Float], slopes: [Float], hidden: Tensor, weight: Tensor, shape: HeadShape,
    targetOffsets: [Int], targets: [Int32], logSumExp: Tensor, into dWeight: Tensor)

  /// Σ x² in double, in an order that depends on the size alone.
  func sumSquares(_ x: Tensor) -> Double
  /// One AdamW step over flat float32 tensors; `working` receives the rounded weights.
  func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor)
}

/// Neighbouring elements of a row that share a scale when they are kept as int8.
package let quantisationGroup = 64

extension Device {
  package func norm(
    _ x: Tensor, rounded: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor
  ) {
    convert(x, into: rounded)
    norm(rounded, tensors, shape: shape, into: out)
  }

  /// Converts between float32 and the matrix dtype.
  package func convert(_ source: Tensor, into destination: Tensor) {
    convert(source, scale: 1, into: destination)
  }
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
