/// Matrix products by NVIDIA's library (cuBLASLt), with an algorithm chosen so that bits do not depend on a batch.
///
/// The library proposes an algorithm for a shape. Where rows are tokens it is asked once for a fixed number of them, without
/// sums that several blocks share, and its answer serves any number: what a row gets is then its own dot products,
/// added in the order of the tile, wherever the row stands.
final class CUDAProducts {
  typealias Handle = UnsafeMutableRawPointer
  typealias Status = Int32

  /// D = alpha · op(A) · op(B) + beta · C in the library's order, columns first.
  struct Shape: Hashable {
    enum Element: Int32 {
      case float32 = 0
      case bfloat16 = 14

      init(_ dtype: DType) {
        precondition(dtype == .float32 || dtype == .bfloat16, "CUDAProducts: \(dtype)")
        self = dtype == .float32 ? .float32 : .bfloat16
      }
    }

    var transposesA: Bool
    var transposesB: Bool
    var rows: Int
    var columns: Int
    var depth: Int
    var input: Element
    var output: Element
    var strideA: Int
    var strideB: Int
    var strideD: Int
    /// The largest power of two up to 16 that divides the address.
    var alignmentA: Int
    var alignmentB: Int
    var alignmentD: Int
    /// Whether the columns are tokens, whose number no result may depend on.
    var columnsAreTokens: Bool
  }

  private struct Prepared {
    let operation, a, b, d: Handle?
    let algorithm: [UInt64]
  }

  private let createLayout:
    @convention(c) (UnsafeMutablePointer<Handle?>, Int32, UInt64, UInt64, Int64) -> Status
  private let destroyLayout: @convention(c) (Handle?) -> Status
  private let createOperation:
    @convention(c) (UnsafeMutablePointer<Handle?>, Int32, Int32) -> Status
  private let destroyOperation: @convention(c) (Handle?) -> Status
  private let setOperation: @convention(c) (Handle?, Int32, UnsafeRawPointer, Int) -> Status
  private let createPreference: @convention(c) (UnsafeMutablePointer<Handle?>) -> Status
  private let destroyPreference: @convention(c) (Handle?) -> Status
  private let setPreference: @convention(c) (Handle?, Int32, UnsafeRawPointer, Int) -> Status
  private let propose:
    @convention(c) (
      Handle?, Handle?, Handle?, Handle?, Handle?, Handle?, Handle?, Int32, UnsafeMutableRawPointer,
      UnsafeMutablePointer<Int32>
    ) -> Status
  private let multiply:
    @convention(c) (
      Handle?, Handle?, UnsafePointer<Float>, UInt64, Handle?, UInt64, Handle?,
      UnsafePointer<Float>, UInt64, Handle?, UInt64, Handle?, UnsafeRawPointer?, UInt64, Int,
      Handle?
    ) -> Status
  private let destroy: @convention(c) (Handle?) -> Status
  private let context: CUDAContext
  private var handle: Handle?
  /// `13.1.0` as a number: 130100.
  let version: Int

  private var prepared: [Shape: Prepared] = [:]
  /// nil where the library has none.
  private var algorithms: [Shape: [UInt64]?] = [:]

  /// Memory the library may use for a product.
  static let workspaceBytes = 32 << 20
  /// The number of tokens that algorithms are asked for.
  private static let askedTokens = 8192
  private static let notSupported: Status = 15

  /// - Parameter context: the GPU's, current on this thread; it must outlive the library's handle.
  init(_ source: SymbolSource, _ context: CUDAContext) throws(EngineError) {
    self.context = context
    let version: @convention(c) () -> Int = try bind("cublasLtGetVersion", source)
    let create: @convention(c) (UnsafeMutablePointer<Handle?>) -> Status = try bind(
      "cublasLtCreate", source)
    destroy = try bind("cublasLtDestroy", source)
    createLayout = try bind("cublasLtMatrixLayoutCreate", source)
    destroyLayout = try bind("cublasLtMatrixLayoutDestroy", source)
    createOperation = try bind("cublasLtMatmulDescCreate", source)
    destroyOperation = try bind("cublasLtMatmulDescDestroy", source)
    setOperation = try bind("cublasLtMatmulDescSetAttribute", source)
    createPreference = try bind("cublasLtMatmulPreferenceCreate", source)
    destroyPreference = try bind("cublasLtMatmulPreferenceDestroy", source)
    setPreference = try bind("cublasLtMatmulPreferenceSetAttribute", source)
    propose = try bind("cublasLtMatmulAlgoGetHeuristic", source)
    multiply = try bind("cublasLtMatmul", source)
    self.version = version()
    let status = create(&handle)
    guard status == 0 else { throw Self.failure("starting cuBLASLt", status) }
  }

  deinit {
    context.activate()
    forget()
    _ = destroy(handle)
  }

  /// Enqueues a product on a stream.
  /// - Parameter workspace: an address with ``workspaceBytes``.
  /// - Returns: false for a shape that the library refuses (it wants addresses that are multiples of 4, as a rule).
  func run(
    _ shape: Shape, a: CUDAAddress, b: CUDAAddress, d: CUDAAddress, alpha: Float, beta: Float,
    workspace: CUDAAddress, stream: Handle?
  ) throws(EngineError) -> Bool {
    guard let prepared = try prepare(shape) else { return false }
    var (alpha, beta) = (alpha, beta)
    let status = prepared.algorithm.withUnsafeBytes { algorithm in
      multiply(
        handle, prepared.operation, &alpha, a, prepared.a, b, prepared.b, &beta, d, prepared.d, d,
        prepared.d, algorithm.baseAddress,
        workspace, Self.workspaceBytes, stream)
    }
    if status == Self.notSupported { return false }
    guard status == 0 else {
      throw Self.failure("a product (\(shape.rows), \(shape.columns), \(shape.depth))", status)
    }
    return true
  }

  private static func failure(_ operation: String, _ status: Status) -> EngineError {
    EngineError(.deviceFailed(operation: operation, status: "cuBLASLt status \(status)"))
  }

  private func prepare(_ shape: Shape) throws(EngineError) -> Prepared? {
    if let found = prepared[shape] { return found }
    guard let algorithm = try algorithm(shape) else { return nil }
    if prepared.count >= 8192 { forget() }
    let handles = try describe(shape)
    let made = Prepared(
      operation: handles.operation, a: handles.a, b: handles.b, d: handles.d,
      algorithm: algorithm)
    prepared[shape] = made
    return made
  }

  private func describe(
    _ shape: Shape
  ) throws(EngineError) -> (operation: Handle?, a: Handle?, b: Handle?, d: Handle?) {
    let single: Int32 = 68  // CUBLAS_COMPUTE_32F
    var operation: Handle?
    var status = createOperation(&operation, single, Shape.Element.float32.rawValue)
    for (attribute, isTransposed) in [(Int32(3), shape.transposesA), (4, shape.transposesB)]
    where status == 0 {
      var value: Int32 = isTransposed ? 1 : 0
      status = setOperation(operation, attribute, &value, 4)
    }
    guard status == 0 else { throw Self.failure("describing a product", status) }
    func layout(
      _ element: Shape.Element, _ rows: Int, _ columns: Int, _ stride: Int
    ) throws(EngineError) -> Handle? {
      var layout: Handle?
      let status = createLayout(
        &layout, element.rawValue, UInt64(rows), UInt64(columns), Int64(stride))
      guard status == 0 else { throw Self.failure("describing a matrix", status) }
      return layout
    }
    let (m, n, k) = (shape.rows, shape.columns, shape.depth)
    return (
      operation,
      try layout(
        shape.input, shape.transposesA ? k : m, shape.transposesA ? m : k, shape.strideA),
      try layout(
        shape.input, shape.transposesB ? n : k, shape.transposesB ? k : n, shape.strideB),
      try layout(shape.output, m, n, shape.strideD)
    )
  }

  private func free(_ handles: (operation: Handle?, a: Handle?, b: Handle?, d: Handle?)) {
    _ = destroyOperation(handles.operation)
    for layout in [handles.a, handles.b, handles.d] { _ = destroyLayout(layout) }
  }

  private func forget() {
    for one in prepared.values { free((one.operation, one.a, one.b, one.d)) }
    prepared = [:]
  }

  /// The library's proposal for a shape, the tokens' number replaced by a fixed one.
  private func algorithm(_ shape: Shape) throws(EngineError) -> [UInt64]? {
    var asked = shape
    if shape.columnsAreTokens {
      asked.columns = Self.askedTokens
      // Strides between tokens do not matter to the choice but by their alignment.
      asked.strideB = asked.transposesB ? asked.columns : max(asked.strideB, asked.depth)
    }
    if let found = algorithms[asked] { return found }
    let handles = try describe(asked)
    defer { free(handles) }
    var preference: Handle?
    var status = createPreference(&preference)
    guard status == 0 else { throw Self.failure("choosing a product's algorithm", status) }
    defer { _ = destroyPreference(preference) }
    var bytes = UInt64(Self.workspaceBytes)
    status = setPreference(preference, 1, &bytes, 8)
    // No sum that blocks share where bits must not depend on the batch; elsewhere none in an order of chance.
    var schemes: UInt32 = shape.columnsAreTokens ? 0 : 6
    if status == 0 { status = setPreference(preference, 3, &schemes, 4) }
    for (attribute, alignment) in [
      (Int32(5), shape.alignmentA), (6, shape.alignmentB), (7, shape.alignmentD),
      (8, shape.alignmentD),
    ] where status == 0 {
      var value = UInt32(alignment)
      status = setPreference(preference, attribute, &value, 4)
    }
    guard status == 0 else { throw Self.failure("choosing a product's algorithm", status) }
    // cublasLtMatmulHeuristicResult_t is 96 bytes, the algorithm the first 64 of them.
    var results = [UInt64](repeating: 0, count: 12)
    var found: Int32 = 0
    status = propose(
      handle, handles.operation, handles.a, handles.b, handles.d, handles.d, preference, 1,
      &results, &found)
    guard status == 0 || status == Self.notSupported else {
      throw Self.failure(
        "choosing an algorithm for a product (\(asked.rows), \(asked.columns), \(asked.depth))",
        status)
    }
    let algorithm = status == 0 && found > 0 ? Array(results.prefix(8)) : nil
    algorithms[asked] = algorithm
    return algorithm
  }
}
