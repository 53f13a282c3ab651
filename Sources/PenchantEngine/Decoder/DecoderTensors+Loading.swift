package import PenchantFormats

extension DecoderTensors {
  /// The weights of a checkpoint, in the matrix dtype.
  ///
  /// Tensors that have that type already are used where the file is mapped, so that the weights are held once;
  /// others are converted into memory of their own.
  /// - Parameter baseWeights: how the blocks' linear layers are kept; int8 takes memory of its own, and the
  ///   file's pages are given back.
  /// - Throws: ``FormatsError`` for a missing tensor or a wrong shape, ``EngineError`` for a type that cannot be
  ///   computed with, a tensor the architecture has no place for, or no memory.
  package static func load(
    _ checkpoint: SafetensorsCheckpoint, _ architecture: DecoderArchitecture, dtype: DType,
    baseWeights: BaseWeights = .bf16, on device: any Device
  ) throws -> DecoderTensors {
    precondition(baseWeights == .bf16 || dtype == .bfloat16, "load: int8 weights in \(dtype)")
    let parameters = Self.parameters(of: architecture)
    let names = StoredNames(checkpoint.names, architecture)
    try refuseUnexpected(checkpoint.names, expected: parameters.map { names[$0] }, architecture)
    func tensor(_ parameter: Parameter, _ source: CheckpointTensor) throws -> Tensor {
      let bytes = source.bytes
      let alignment = UInt(bitPattern: bytes.baseAddress) % UInt(dtype.size)
      guard source.type == dtype.elementType, alignment == 0 else {
        return try converted(source, parameter, dtype: dtype, on: device)
      }
      // A buffer a tensor: a device that copies need not keep a whole file for what is then kept as int8.
      return Tensor(
        buffer: try device.adopt(bytes, owner: source.file), offset: 0, rows: parameter.rows,
        columns: parameter.columns, dtype: dtype)
    }
    return try DecoderTensors(
      architecture,
      stored: { parameter throws(any Error) in
        let source = try checkpoint.require(names[parameter], shape: parameter.shape)
        let weight = try tensor(parameter, source)
        guard baseWeights == .int8, parameter.isLinear else { return (weight, nil) }
        let kept = try quantised(weight, name: parameter.name, on: device)
        source.file.release(source.entry.range)
        return kept
      })
  }

  private static func quantised(
    _ weight: Tensor, name: String, on device: any Device
  ) throws(EngineError) -> (Tensor, scales: Tensor?) {
    var plan = ArenaPlan()
    let groups = (weight.columns + quantisationGroup - 1) / quantisationGroup
    let slots = (
      plan.reserve(weight.rows, weight.columns, .int8), plan.reserve(weight.rows, groups, .float32)
    )
    let arena = try Arena(plan, on: device)
    let (values, scales) = (arena[slots.0], arena[slots.1])
    guard try device.quantise(weight, into: values, scales: scales) else {
      throw EngineError(.weightNotFinite(tensor: name))
    }
    return (values, scales)
  }

  private static func refuseUnexpected(
    _ names: [String], expected: [String], _ architecture: DecoderArchitecture
  ) throws(EngineError) {
    var known = Set(expected)
    // A tied head is sometimes stored all the same, and old checkpoints store tables.
    let own = architecture.names
    if architecture.tiesEmbeddings {
      known.formUnion(([own.head] + own.otherHeads).map { "\($0).weight" })
    }
    for name in names
    where !known.contains(name) && !own.withoutEffect.contains(where: name.hasSuffix)
      && !own.otherParts.contains(where: name.hasPrefix)
    {
      throw EngineError(.unexpectedWeight(tensor: name))
    }
  }

  /// The names that a file has for the parameters: some published folders leave out the root.
  private struct StoredNames {
    let root: String
    let stored: String
    let head: String
    let storedHead: String

    init(_ names: [String], _ architecture: DecoderArchitecture) {
      let expected = architecture.names
      let present = Set(names)
      root = expected.root
      stored =
        ([expected.root] + expected.otherRoots).first {
          present.contains("\($0)\(expected.embedding).weight")
        } ?? expected.root
      head = "\(expected.head).weight"
      storedHead =
        ([expected.head] + expected.otherHeads).map { "\($0).weight" }.first {
          present.contains($0)
        } ?? head
    }

    subscript(parameter: Parameter) -> String {
      if parameter.name == head { return storedHead }
      guard parameter.name.hasPrefix(root) else { return parameter.name }
      return stored + parameter.name.dropFirst(root.count)
    }
  }

  private static func converted(
    _ source: CheckpointTensor, _ parameter: Parameter, dtype: DType, on device: any Device
  ) throws(EngineError) -> Tensor {
    var plan = ArenaPlan()
    let slot = plan.reserve(parameter.rows, parameter.columns, dtype)
    let tensor = try Arena(plan, on: device)[slot]
    // A block of rows at a time, so that the float copy stays small.
    let block = max(1, (1 << 20) / parameter.columns)
    for start in stride(from: 0, to: parameter.rows, by: block) {
      let rows = start..<min(parameter.rows, start + block)
      let width = parameter.columns * source.type.byteCount
      let bytes = UnsafeRawBufferPointer(
        rebasing: source.bytes[rows.lowerBound * width..<rows.upperBound * width])
      guard let values = floats(bytes, source.type) else {
        throw EngineError(
          .unsupportedWeightType(tensor: parameter.name, dtype: source.type.rawValue))
      }
      device.write(values, to: tensor.rows(rows))
    }
    return tensor
  }

  /// Little-endian elements as floats; nil for a type that does not hold real numbers.
  static func floats(_ bytes: UnsafeRawBufferPointer, _ type: ElementType) -> [Float]? {
    let count = bytes.count / type.byteCount
    func elements<Element>(_: Element.Type, _ value: (Element) -> Float) -> [Float] {
      (0..<count).map {
        value(
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self))
      }
    }
    switch type {
    case .float32: return elements(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64:
      return elements(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .bfloat16: return elements(UInt16.self) { float(bfloat16: UInt16(littleEndian: $0)) }
    case .float16: return elements(UInt16.self) { float(float16: UInt16(littleEndian: $0)) }
    default: return nil
    }
  }
}

/// The float that these bits are as IEEE half precision. (Swift's Float16 does not exist on every platform.)
private func float(float16 bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1f
  let fraction = UInt32(bits & 0x3ff)
  switch exponent {
  case 0:
    // Zero and subnormals: fraction · 2⁻²⁴.
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

extension DType {
  /// The type's name in safetensors files.
  package var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int32: .int32
    case .int8: .int8
    }
  }
}
