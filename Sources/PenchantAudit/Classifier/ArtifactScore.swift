package import PenchantCore

/// What a model that sees only one thing about the answers can tell of the preferred one.
package struct ArtifactScore: Sendable {
  /// What it sees.
  package enum View: String, Sendable, CaseIterable {
    case length, style, words

    package var title: String {
      switch self {
      case .length: "length only"
      case .style: "style only"
      case .words: "words only"
      }
    }
  }

  /// Something it goes by, and which way.
  package struct Weight: Sendable, Equatable {
    package let name: String
    /// Above 0 where the preferred answers have more of it.
    package let value: Double
  }

  package let view: View
  /// Pairs it was tried on, each by a model that had not seen its prompt.
  package let pairs: Int
  /// Share it gets right; no opinion counts half.
  package let accuracy: Double
  /// Wilson's, 95 %.
  package let interval: Interval
  package let areaUnderCurve: Double
  /// How likely as many right answers are if each held-out label were the fall of a coin.
  package let p: Double
  /// The strongest, by size.
  package let weights: [Weight]
}
