package import PenchantFormats

extension ParameterSet {
  /// Writes one of the set's flat tensors as a safetensors file, an entry a tensor.
  /// - Parameters:
  ///   - flat: the master or the working weights, or what training keeps.
  ///   - order: the entries in the order of the file.
  ///   - shape: the extents an entry has in files.
  package func write(
    _ flat: Tensor, entries order: [Entry], to path: String,
    shape: (Entry) -> [Int] = { [$0.rows, $0.columns] }, on device: any Device
  ) throws(FormatsError) {
    let type = flat.dtype.elementType
    let writer = try SafetensorsWriter(
      path: path,
      tensors: order.map { SafetensorsDescription(name: $0.name, type: type, shape: shape($0)) })
    for entry in order {
      let values = device.read(view(entry, of: flat))
      try writer.append(Self.bytes(values, flat.dtype), to: entry.name)
    }
    try writer.finish()
  }

  /// Reads a flat tensor back from a file that ``write(_:entries:to:shape:on:)`` made, or one like it.
  /// - Throws: ``FormatsError`` for a missing tensor or a wrong shape or type.
  package func read(
    _ checkpoint: SafetensorsCheckpoint, into flat: Tensor,
    shape: (Entry) -> [Int] = { [$0.rows, $0.columns] }, on device: any Device
  ) throws(FormatsError) {
    for entry in entries {
      let source = try checkpoint.require(entry.name, shape: shape(entry))
      guard let values = DecoderTensors.floats(source.bytes, source.type) else {
        throw FormatsError(
          .unsupportedType(name: entry.name, path: source.file.path, type: source.type.rawValue))
      }
      device.write(values, to: view(entry, of: flat))
    }
  }

  private static func bytes(_ values: [Float], _ dtype: DType) -> [UInt8] {
    switch dtype {
    case .bfloat16:
      values.flatMap { value in
        withUnsafeBytes(of: bfloat16Bits(value).littleEndian, Array.init)
      }
    default:
      values.withUnsafeBytes { Array($0) }
    }
  }
}
