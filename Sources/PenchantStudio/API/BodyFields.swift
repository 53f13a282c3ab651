import PenchantCore

/// A request's body being read: members are taken out one by one, and none may be left.
struct BodyFields {
  private var members: JSONObject
  private let prefix: String

  init(_ body: JSON, under prefix: String = "") throws(StudioError) {
    guard let object = body.object else {
      let key = prefix.isEmpty ? "body" : String(prefix.dropLast())
      throw StudioError(.malformedRequest(key: key, expected: "an object"))
    }
    members = object
    self.prefix = prefix
  }

  /// Takes a member; a null counts as missing.
  mutating func take(_ key: String) -> JSON? {
    let value = members[key]
    members[key] = nil
    guard let value, !value.isNull else { return nil }
    return value
  }

  mutating func string(_ key: String, atMost limit: Int) throws(StudioError) -> String {
    guard let text = try optionalString(key, atMost: limit) else { throw wrong(key, "a string") }
    return text
  }

  mutating func optionalString(_ key: String, atMost limit: Int) throws(StudioError) -> String? {
    guard let value = take(key) else { return nil }
    guard let text = value.string, text.utf8.count <= limit else {
      throw wrong(key, "a string of at most \(limit) bytes")
    }
    return text
  }

  mutating func uuid(_ key: String) throws(StudioError) -> String {
    let expected = "8 to 64 letters, digits or hyphens"
    guard let text = take(key)?.string, (8...64).contains(text.utf8.count),
      text.utf8.allSatisfy(Self.isUUIDByte)
    else { throw wrong(key, expected) }
    return text
  }

  private static func isUUIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Refuses members that nobody took.
  func finish() throws(StudioError) {
    guard let key = members.keys.first else { return }
    let shown = key.utf8.count <= 32 ? key : "a member with a long name"
    throw wrong(shown, "left out: there is no such member")
  }

  func wrong(_ key: String, _ expected: String) -> StudioError {
    StudioError(.malformedRequest(key: prefix + key, expected: expected))
  }
}
