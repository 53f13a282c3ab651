extension JSON {
  /// Reads one JSON text (RFC 8259, strictly: no NaN, no comments, no duplicate keys, valid UTF-8).
  ///
  /// Time and memory are linear in the length of the text. A leading byte order mark is accepted.
  /// - Throws: ``JSONError`` with the offset of the first byte that does not fit.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    guard bytes.count <= limits.bytes else {
      throw JSONError(code: .tooLong(limit: limits.bytes), offset: limits.bytes)
    }
    var parser = JSONParser(bytes: bytes, depthLimit: limits.depth)
    return try parser.parseText()
  }

  /// Reads one JSON text; see the other overload.
  package static func parse(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(JSONError) in try parse(raw, limits: limits) }
    }
    return try result.get()
  }

  /// Reads one JSON text; see the other overload.
  package static func parse(
    _ text: String, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), limits: limits)
  }
}
