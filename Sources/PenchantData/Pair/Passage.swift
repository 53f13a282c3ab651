package import PenchantCore

/// A prompt or an answer: plain text, or turns of a conversation.
package enum Passage: Sendable {
  case text(String)
  case messages([Message])

  /// All the words in it, turns joined without anything between them.
  package var text: String {
    switch self {
    case .text(let text): text
    case .messages(let messages): messages.map(\.text).joined()
    }
  }

  /// Length in Unicode code points, which is what Python's `len` counts; roles do not count.
  package var characterCount: Int {
    switch self {
    case .text(let text): text.unicodeScalars.count
    case .messages(let messages): messages.reduce(0) { $0 + $1.text.unicodeScalars.count }
    }
  }

  /// True where there is nothing to learn from: no text, no turns, or only turns that are empty.
  package var isEmpty: Bool {
    switch self {
    case .text(let text): text.utf8.isEmpty
    case .messages(let messages): messages.allSatisfy(\.isEmpty)
    }
  }

  /// True where nobody would learn a word from it: empty, or plain text of nothing but white space.
  package var isSilent: Bool {
    switch self {
    case .text(let text): text.allSatisfy(\.isWhitespace)
    case .messages: isEmpty
    }
  }

  /// A JSON string, or a JSON list of `{role, content, …}`.
  package var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .messages(let messages): .array(messages.map(\.json))
    }
  }
}

extension Passage: Equatable {
  /// Equality of bytes, as for ``Message``.
  package static func == (left: Passage, right: Passage) -> Bool {
    switch (left, right) {
    case (.text(let left), .text(let right)): left.hasSameBytes(as: right)
    case (.messages(let left), .messages(let right)): left == right
    default: false
    }
  }
}

/// What both answers reply to.
package typealias Prompt = Passage
/// One of the two answers.
package typealias Completion = Passage
