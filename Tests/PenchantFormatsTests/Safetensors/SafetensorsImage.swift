import PenchantCore
import PenchantFormats

/// A safetensors file put together by hand, right or wrong.
struct SafetensorsImage {
  var header: [UInt8]
  /// What the first eight bytes claim; nil for the truth.
  var claimedLength: UInt64?
  var data: [UInt8]

  init(_ header: String, data: Int = 0) {
    self.header = Array(header.utf8)
    self.data = (0..<data).map { UInt8(truncatingIfNeeded: $0) }
  }

  var bytes: [UInt8] {
    let length = claimedLength ?? UInt64(header.count)
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + header + data
  }

  /// What is wrong with it, nil if nothing is.
  func defect() throws -> SafetensorsDefect? { try Self.defect(bytes) }

  static func defect(_ bytes: [UInt8]) throws -> SafetensorsDefect? {
    let folder = try TemporaryFolder()
    do {
      _ = try SafetensorsFile(path: folder.write("x.safetensors", bytes))
      return nil
    } catch let error as FormatsError {
      guard case .safetensors(_, let defect) = error.code else { throw error }
      return defect
    }
  }

  /// One entry of a header.
  static func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }
}
