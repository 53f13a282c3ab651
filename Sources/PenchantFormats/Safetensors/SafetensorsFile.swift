package import PenchantCore

/// One tensor of a safetensors file: what the header says about it, without its bytes.
package struct SafetensorsEntry: Sendable, Equatable {
  package let name: String
  package let type: ElementType
  /// Extents, slowest first; empty for a single number.
  ///
  /// Their product times the element size is known to fit and to equal `range.count`.
  package let shape: [Int]
  /// Where the bytes stand, counted from the beginning of the file.
  package let range: Range<Int>

  /// Number of elements.
  package var elementCount: Int { range.count / type.byteCount }
}

/// A safetensors file, mapped into memory and checked as a whole when it is opened.
///
/// The format: eight bytes with the header's length (little endian), a JSON header, and the tensors'
/// bytes. Every rule of the format is enforced, those included that loaders often skip: no name twice,
/// no hole, no overlap, no byte after the last tensor. A file that was opened can be used without
/// further checks. Opening reads only the header.
package final class SafetensorsFile: Sendable {
  /// The longest header of any file, as in the reference implementation.
  package static let headerLimit = 100_000_000

  /// Where the file was found.
  package let path: String
  /// The tensors in the order of their bytes.
  package let entries: [SafetensorsEntry]
  /// What `__metadata__` says, in its order: usually `format: pt`.
  package let metadata: [(key: String, value: String)]

  private let file: MappedFile
  private let positions: [ExactText: Int]

  /// Opens and checks a file.
  /// - Throws: ``FormatsError`` naming the rule the file breaks.
  package convenience init(path: String) throws(FormatsError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw FormatsError(.file(error)) }
    try self.init(file: file)
  }

  /// Checks a file that is mapped already.
  package init(file: MappedFile) throws(FormatsError) {
    let header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(file.bytes)
    } catch { throw FormatsError(.safetensors(path: file.path, error)) }
    self.file = file
    path = file.path
    entries = header.entries
    metadata = header.metadata
    positions = header.positions
  }

  /// The names of all tensors in the order of their bytes.
  package var names: [String] { entries.map(\.name) }

  /// Lets the system take back the pages of an entry that has been copied.
  package func release(_ range: Range<Int>) { file.release(range) }

  /// The tensor with this name, if the file has it.
  package subscript(name: String) -> SafetensorsEntry? {
    positions[ExactText(name)].map { entries[$0] }
  }

  /// The bytes of one of this file's tensors; valid while this object lives.
  ///
  /// They may start at any address: the format does not promise alignment. Copy, or load unaligned.
  package func bytes(of entry: SafetensorsEntry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
  }
}
