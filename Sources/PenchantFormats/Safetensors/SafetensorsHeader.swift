internal import PenchantCore

/// The header of a safetensors file, read and checked against the length of the file.
struct SafetensorsHeader {
  let entries: [SafetensorsEntry]
  let metadata: [(key: String, value: String)]
  let positions: [ExactText: Int]

  init(_ bytes: UnsafeRawBufferPointer) throws(SafetensorsDefect) {
    guard bytes.count >= 8 else { throw .tooShort(bytes: bytes.count) }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard claimed <= SafetensorsFile.headerLimit else {
      throw .headerTooLarge(bytes: claimed, limit: SafetensorsFile.headerLimit)
    }
    let length = Int(claimed)
    guard length <= bytes.count - 8 else {
      throw .headerBeyondEnd(bytes: length, available: bytes.count - 8)
    }
    let object = try Self.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]))

    var metadata: [(key: String, value: String)] = []
    var entries: [SafetensorsEntry] = []
    entries.reserveCapacity(object.count)
    for (name, value) in object.members {
      if name == "__metadata__" {
        metadata = try Self.metadata(value)
      } else {
        entries.append(
          try Self.entry(name, value, dataStart: 8 + length, fileCount: bytes.count))
      }
    }
    entries.sort(by: Self.precedes)
    try Self.checkCover(entries, dataStart: 8 + length, fileCount: bytes.count)
    var positions: [ExactText: Int] = [:]
    positions.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() { positions[ExactText(entry.name)] = position }
    self.entries = entries
    self.metadata = metadata
    self.positions = positions
  }

  /// The order of the bytes; names break ties between tensors without any.
  private static func precedes(_ left: SafetensorsEntry, _ right: SafetensorsEntry) -> Bool {
    let (first, second) = (left.range, right.range)
    if first.lowerBound != second.lowerBound { return first.lowerBound < second.lowerBound }
    if first.upperBound != second.upperBound { return first.upperBound < second.upperBound }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  /// Checks that the sorted tensors follow one another without hole or overlap up to the file's end.
  private static func checkCover(
    _ entries: [SafetensorsEntry], dataStart: Int, fileCount: Int
  ) throws(SafetensorsDefect) {
    var end = dataStart
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw .overlapOrHole(
          name: entry.name, expected: end - dataStart, found: entry.range.lowerBound - dataStart)
      }
      end = entry.range.upperBound
    }
    guard end == fileCount else {
      throw .dataLength(expected: end - dataStart, found: fileCount - dataStart)
    }
  }

  /// The header as an object: starts with `{`, ends with `}` and at most spaces after it.
  private static func parse(
    _ bytes: UnsafeRawBufferPointer
  ) throws(SafetensorsDefect) -> JSONObject {
    guard bytes.first == UInt8(ascii: "{") else { throw .headerStart }
    guard let last = bytes.lastIndex(where: { $0 != UInt8(ascii: " ") }),
      bytes[last] == UInt8(ascii: "}")
    else { throw .headerPadding }
    let value: JSON
    do {
      value = try JSON.parse(bytes, limits: JSONLimits(depth: 4))
    } catch { throw .headerNotJSON(error) }
    guard let object = value.object else { throw .headerStart }
    return object
  }

  private static func metadata(
    _ value: JSON
  ) throws(SafetensorsDefect) -> [(key: String, value: String)] {
    guard let object = value.object else { throw .metadataNotText(key: nil) }
    var metadata: [(key: String, value: String)] = []
    for (key, value) in object.members {
      guard let text = value.string else { throw .metadataNotText(key: key) }
      metadata.append((key, text))
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSON, dataStart: Int, fileCount: Int
  ) throws(SafetensorsDefect) -> SafetensorsEntry {
    guard let object = value.object else { throw .invalidEntry(name: name, field: nil) }
    for key in object.keys where !["dtype", "shape", "data_offsets"].contains(key) {
      throw .invalidEntry(name: name, field: key)
    }
    guard let typeName = object["dtype"]?.string else {
      throw .invalidEntry(name: name, field: "dtype")
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw .unknownType(name: name, type: typeName)
    }
    guard let extents = object["shape"]?.array else {
      throw .invalidEntry(name: name, field: "shape")
    }
    var shape: [Int] = []
    for extent in extents {
      guard let extent = naturalNumber(extent) else { throw .invalidShape(name: name) }
      shape.append(extent)
    }
    guard let size = byteCount(shape: shape, type: type) else { throw .sizeOverflow(name: name) }
    guard let offsets = object["data_offsets"]?.array, offsets.count == 2,
      let start = naturalNumber(offsets[0]), let end = naturalNumber(offsets[1]), start <= end,
      end <= fileCount - dataStart
    else { throw .invalidOffsets(name: name) }
    guard end - start == size else {
      throw .wrongSize(name: name, expected: size, found: end - start)
    }
    return SafetensorsEntry(
      name: name, type: type, shape: shape, range: dataStart + start..<dataStart + end)
  }

  /// A number spelled as digits only; `1e3`, `1.0` and `-0` are not sizes.
  private static func naturalNumber(_ value: JSON) -> Int? {
    guard case .number(let number) = value,
      number.text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(number.text)
  }

  /// Bytes of a tensor of this shape; nil if the product does not fit at any point, even if a zero follows.
  static func byteCount(shape: [Int], type: ElementType) -> Int? {
    var count = type.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0 else { return nil }
      count = product
    }
    return count
  }
}
