package import PenchantCore

/// A tensor about to be written: everything but its bytes.
package struct SafetensorsDescription: Sendable, Equatable {
  package let name: String
  package let type: ElementType
  /// Extents, slowest first.
  package let shape: [Int]

  package init(name: String, type: ElementType, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }
}

/// Writes a safetensors file piece by piece; the same input gives the same bytes.
///
/// Tensors stand in the given order. The header is padded with spaces to a multiple of eight, so that
/// tensors are aligned if those with wider elements come first. The file appears whole, when
/// ``finish()`` has synced it, or not at all.
///
///     let writer = try SafetensorsWriter(path: path, tensors: [weight, bias])
///     try writer.append(weightBytes, to: weight.name)
///     try writer.append(biasBytes, to: bias.name)
///     try writer.finish()
package final class SafetensorsWriter {
  private let file: AtomicFile
  private let layout: SafetensorsLayout
  /// The tensor being written and how many of its bytes have been.
  private var current = 0
  private var written = 0

  /// Begins the file and writes its header.
  ///
  /// - Parameters:
  ///   - metadata: Text for `__metadata__`, in this order; Transformers wants `format: pt`.
  ///   - overwrite: Whether a file at `path` may be replaced.
  /// - Throws: ``FormatsError`` if the tensors cannot be described or the file not be created.
  package init(
    path: String, tensors: [SafetensorsDescription],
    metadata: KeyValuePairs<String, String> = ["format": "pt"], overwrite: Bool = true,
    fault: WriteFault? = nil
  ) throws(FormatsError) {
    do throws(SafetensorsWriterDefect) {
      layout = try SafetensorsLayout(tensors, metadata: metadata)
    } catch { throw FormatsError(.writing(path: path, error)) }
    do throws(CoreError) {
      file = try AtomicFile(path: path, overwrite: overwrite, fault: fault)
      try file.append(layout.header)
    } catch { throw FormatsError(.file(error)) }
    skipEmpty()
  }

  /// Adds the next bytes of the tensor `name`, whole or in pieces, little endian.
  ///
  /// - Throws: ``FormatsError`` if another tensor's turn has come, there are too many bytes, or the
  ///   disk is full.
  package func append(
    _ bytes: UnsafeRawBufferPointer, to name: String
  ) throws(FormatsError) {
    if bytes.isEmpty { return }
    let expected = current < layout.tensors.count ? layout.tensors[current] : nil
    guard let expected, ExactText(expected.name) == ExactText(name) else {
      throw failure(.wrongOrder(expected: expected?.name, got: name))
    }
    guard bytes.count <= expected.byteCount - written else {
      throw failure(
        .wrongByteCount(
          name: name, expected: expected.byteCount, got: written + bytes.count))
    }
    do { try file.append(bytes) } catch { throw FormatsError(.file(error)) }
    written += bytes.count
    if written == expected.byteCount {
      current += 1
      written = 0
      skipEmpty()
    }
  }

  /// Adds the next bytes of the tensor `name`; see the other overload.
  package func append(_ bytes: [UInt8], to name: String) throws(FormatsError) {
    try bytes.withUnsafeBytes { raw in
      Result { () throws(FormatsError) in try append(raw, to: name) }
    }.get()
  }

  /// Makes the file appear; to be called once, when every tensor has all its bytes.
  package func finish() throws(FormatsError) {
    guard current == layout.tensors.count else {
      throw failure(.incomplete(written: current, of: layout.tensors.count))
    }
    do { try file.commit() } catch { throw FormatsError(.file(error)) }
  }

  private func skipEmpty() {
    while current < layout.tensors.count, layout.tensors[current].byteCount == 0 { current += 1 }
  }

  private func failure(_ defect: SafetensorsWriterDefect) -> FormatsError {
    FormatsError(.writing(path: file.path, defect))
  }
}
