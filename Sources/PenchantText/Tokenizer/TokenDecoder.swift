import PenchantCore

/// Checks `decoder`: what is supported comes down to joining the bytes of the tokens.
enum TokenDecoder {
  /// Throws unless the decoder is ByteLevel, alone or in a sequence with Fuse after it.
  static func check(_ field: TokenizerField?) throws(TextError) {
    guard let field else { throw TextError(.missingField(path: "decoder")) }
    var hasByteLevel = false
    try check(field, hasByteLevel: &hasByteLevel)
    guard hasByteLevel else { throw field.unsupportedComponent() }
  }

  private static func check(
    _ field: TokenizerField, hasByteLevel: inout Bool
  ) throws(TextError) {
    switch try field.type() {
    case "ByteLevel" where !hasByteLevel: hasByteLevel = true
    case "Fuse" where hasByteLevel: break
    case "Sequence":
      for part in try field.required("decoders").array() {
        try check(part, hasByteLevel: &hasByteLevel)
      }
    default: throw field.unsupportedComponent()
    }
  }
}
