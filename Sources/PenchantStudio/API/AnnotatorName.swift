/// The name of somebody who judges, as it is kept.
package struct AnnotatorName: Sendable, Equatable {
  /// Without white space at its ends.
  package let text: String
  /// What two names have in common that are one person's.
  package var key: String { text.lowercased() }

  /// The host's, which nobody else can have.
  static let host = "host"

  /// - Throws: `malformedRequest` for a name that is empty, too long, holds controls, or is the host's.
  package init(_ name: String) throws(StudioError) {
    var scalars = Substring(name).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    let isPlain = scalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        false
      default: true
      }
    }
    guard !scalars.isEmpty, scalars.count <= 64, isPlain else {
      throw StudioError(
        .malformedRequest(key: "name", expected: "1 to 64 characters without controls"))
    }
    text = String(String.UnicodeScalarView(scalars))
    guard key != Self.host else {
      throw StudioError(.malformedRequest(key: "name", expected: "another name than the host's"))
    }
  }
}
