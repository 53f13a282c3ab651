package import PenchantCore

/// One record of a TensorBoard event file, as bytes.
///
/// A file is a sequence of TFRecords: length (8 bytes), masked CRC-32C of the length (4), data, masked CRC-32C of the
/// data (4), little endian. Data is a protocol buffer:
///
///     Event    { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
///     Summary  { repeated Value value = 1; }      Value { string tag = 1; float simple_value = 2; }
package enum TensorBoardEvent {
  /// The first record of every file.
  package static func version(wallTime: Double) -> [UInt8] {
    record(double(1, wallTime) + field(3, Array("brain.Event:2".utf8)))
  }

  /// Figures of a step.
  package static func scalars(
    _ values: [(tag: String, value: Double)], step: Int, wallTime: Double
  ) -> [UInt8] {
    let summary = values.flatMap { tag, value in
      field(1, field(1, Array(tag.utf8)) + float(2, Float(value)))
    }
    return record(double(1, wallTime) + key(2, 0) + varint(UInt64(step)) + field(5, summary))
  }

  /// A line of metrics.jsonl under the names that Transformers' callback gives its figures:
  /// `train/loss`, `eval/loss`; what was measured on samples is `samples/kl`.
  package static func values(of line: JSONObject) -> [(tag: String, value: Double)] {
    let isSample = line["kl_k3"] != nil || line["samples/tokens"] != nil
    return line.members.compactMap { key, value in
      guard key != "step", let number = value.double else { return nil }
      if key.hasPrefix("eval_") { return ("eval/" + key.dropFirst(5), number) }
      if isSample { return (key.hasPrefix("samples/") ? key : "samples/" + key, number) }
      return ("train/" + key, number)
    }
  }

  private static func record(_ data: [UInt8]) -> [UInt8] {
    let length = bytes(UInt64(data.count))
    return length + bytes(CRC32C.masked(length)) + data + bytes(CRC32C.masked(data))
  }

  // MARK: - Protocol buffers

  /// A field's number and wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
  private static func key(_ number: UInt64, _ wire: UInt64) -> [UInt8] {
    varint(number << 3 | wire)
  }

  private static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    key(number, 2) + varint(UInt64(content.count)) + content
  }

  private static func double(_ number: UInt64, _ value: Double) -> [UInt8] {
    key(number, 1) + bytes(value.bitPattern)
  }

  private static func float(_ number: UInt64, _ value: Float) -> [UInt8] {
    key(number, 5) + bytes(value.bitPattern)
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes): (UInt64, [UInt8]) = (value, [])
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
