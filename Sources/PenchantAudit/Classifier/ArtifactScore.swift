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
  /// As many independent pairs would give the same interval: fewer where prompts repeat.
  package let effectivePairs: Double
  /// Share it gets right; no opinion counts half.
  package let accuracy: Double
  /// Wilson's, 95 %, of ``effectivePairs``.
  package let interval: Interval
  package let areaUnderCurve: Double
  /// How likely as many right answers are if the held-out labels of each prompt were the fall of a coin.
  package let p: Double
  /// The strongest, by size.
  package let weights: [Weight]
}
