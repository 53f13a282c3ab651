import PenchantCore

/// A value of a tokenizer file together with its path, so that every complaint says where.
struct TokenizerField {
  let value: JSON
  /// Such as `pre_tokenizer.pretokenizers[1].type`; empty for the whole file.
  let path: String

  init(_ value: JSON, path: String = "") {
    self.value = value
    self.path = path
  }

  /// A member; nil when it is absent or null.
  subscript(key: String) -> TokenizerField? {
    guard let member = value[key], !member.isNull else { return nil }
    return TokenizerField(member, path: path(of: key))
  }

  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// A member that must be there.
  func required(_ key: String) throws(TextError) -> TokenizerField {
    guard value.object != nil else { throw wrongType("an object") }
    guard let member = self[key] else { throw TextError(.missingField(path: path(of: key))) }
    return member
  }

  func wrongType(_ expected: String) -> TextError {
    let name = path.isEmpty ? "file" : path
    return TextError(.wrongType(path: name, expected: expected, found: value.typeName))
  }

  func string() throws(TextError) -> String {
    guard let string = value.string else { throw wrongType("a string") }
    return string
  }

  func bool() throws(TextError) -> Bool {
    guard let bool = value.bool else { throw wrongType("true or false") }
    return bool
  }

  func int() throws(TextError) -> Int {
    guard let int = value.int else { throw wrongType("a whole number") }
    return int
  }

  func array() throws(TextError) -> [TokenizerField] {
    guard let array = value.array else { throw wrongType("an array") }
    return array.enumerated().map { TokenizerField($1, path: "\(path)[\($0)]") }
  }

  func object() throws(TextError) -> JSONObject {
    guard let object = value.object else { throw wrongType("an object") }
    return object
  }

  /// A flag that may be absent.
  func flag(_ key: String, default: Bool) throws(TextError) -> Bool {
    guard let field = self[key] else { return `default` }
    return try field.bool()
  }

  /// The `type` of a component.
  func type() throws(TextError) -> String { try required("type").string() }

  /// The error for a component of a kind that is not implemented.
  func unsupportedComponent() -> TextError {
    TextError(.unsupportedComponent(path: path, type: value["type"]?.string ?? "unknown"))
  }

  /// Refuses a member unless it is absent or null, or `isHarmless` says that it changes nothing.
  func refuse(_ key: String, unless isHarmless: (JSON) -> Bool) throws(TextError) {
    guard let field = self[key], !isHarmless(field.value) else { return }
    throw TextError(.unsupportedOption(path: field.path, value: field.value.text()))
  }
}
