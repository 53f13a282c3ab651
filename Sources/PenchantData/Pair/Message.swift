package import PenchantCore

/// One turn of a conversation, with every member the row gave it.
package struct Message: Sendable {
  /// Who speaks, as chat templates spell it: `system`, `user`, `assistant`, `tool`, ….
  package var role: String
  /// What the row held under `content`: a string, null, or a list of parts; nil where it had none
  /// (an assistant turn that only calls tools).
  package var content: JSON?
  /// Every other member in order: `tool_calls`, `name`, `reasoning_content`, ….
  package var extra: JSONObject

  package init(role: String, content: JSON?, extra: JSONObject = JSONObject()) {
    self.role = role
    self.content = content
    self.extra = extra
  }

  package init(role: String, content: String, extra: JSONObject = JSONObject()) {
    self.init(role: role, content: .string(content), extra: extra)
  }

  /// The words of the turn: the string, or the parts of type `text` joined; empty where it has none.
  package var text: String {
    switch content {
    case .string(let text): text
    case .array(let parts): parts.compactMap { $0["text"]?.string }.joined()
    default: ""
    }
  }

  /// True where the turn says nothing and calls nothing.
  package var isEmpty: Bool {
    text.utf8.isEmpty && extra["tool_calls"]?.array?.isEmpty != false
  }

  /// The turn as a chat template sees it: `role`, `content` and the other members.
  package var json: JSON {
    var object = JSONObject()
    object["role"] = .string(role)
    object["content"] = content
    for (key, value) in extra.members { object[key] = value }
    return .object(object)
  }
}

extension Message: Equatable {
  /// Equality of bytes.
  ///
  /// `String`'s own takes `é` and `e` + accent for the same; a tokenizer does not.
  package static func == (left: Message, right: Message) -> Bool {
    guard left.role.hasSameBytes(as: right.role) else { return false }
    if case .string(let leftText) = left.content, case .string(let rightText) = right.content,
      left.extra.isEmpty, right.extra.isEmpty
    {
      return leftText.hasSameBytes(as: rightText)
    }
    return left.json.text().hasSameBytes(as: right.json.text())
  }
}

extension String {
  /// Whether two texts are the same code points, not merely canonically equivalent ones.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
