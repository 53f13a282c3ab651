internal import PenchantCore

/// The header of a file about to be written, with its length before and its padding behind it.
struct SafetensorsLayout {
  let header: [UInt8]
  let tensors: [(name: String, byteCount: Int)]

  init(
    _ descriptions: [SafetensorsDescription], metadata: KeyValuePairs<String, String>
  ) throws(SafetensorsWriterDefect) {
    var object = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for (key, value) in metadata { texts[key] = .string(value) }
      object["__metadata__"] = .object(texts)
    }
    var tensors: [(name: String, byteCount: Int)] = []
    var names: Set<ExactText> = []
    var offset = 0
    for tensor in descriptions {
      guard tensor.name != "__metadata__" else { throw .reservedName(tensor.name) }
      guard names.insert(ExactText(tensor.name)).inserted else { throw .duplicateName(tensor.name) }
      guard let size = SafetensorsHeader.byteCount(shape: tensor.shape, type: tensor.type) else {
        throw .invalidShape(name: tensor.name)
      }
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { throw .invalidShape(name: tensor.name) }
      object[tensor.name] = [
        "dtype": .string(tensor.type.rawValue),
        "shape": .array(tensor.shape.map { .number(JSONNumber($0)) }),
        "data_offsets": .array([.number(JSONNumber(offset)), .number(JSONNumber(end))]),
      ]
      tensors.append((tensor.name, size))
      offset = end
    }
    var text = Array(JSON.object(object).text(.compact).utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    guard text.count <= SafetensorsFile.headerLimit else {
      throw .headerTooLarge(bytes: text.count, limit: SafetensorsFile.headerLimit)
    }
    header = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    self.tensors = tensors
  }
}
