/// Bounds on what a template may ask of the renderer.
///
/// A chat template is a program that came with a download. Every bound is checked before the memory or
/// the time is spent, so that a hostile template ends in an error and not in a hang or an abort.
package struct ChatTemplateLimits: Sendable, Equatable {
  /// The longest template source in bytes.
  package var sourceBytes: Int
  /// Units of work in one rendering.
  ///
  /// A node evaluated, an element copied or 64 bytes of text handled cost one each. Memory is bounded by
  /// the same figure.
  package var steps: Int
  /// The deepest nesting of statements and expressions in the source, and of macro calls.
  package var depth: Int
  /// The longest output in bytes.
  package var outputBytes: Int
  /// The longest `range(…)`; 100,000 as in Jinja's sandbox.
  package var rangeLength: Int

  package init(
    sourceBytes: Int = 1 << 20, steps: Int = 1_000_000, depth: Int = 64,
    outputBytes: Int = 16 << 20, rangeLength: Int = 100_000
  ) {
    self.sourceBytes = sourceBytes
    self.steps = steps
    self.depth = depth
    self.outputBytes = outputBytes
    self.rangeLength = rangeLength
  }

  /// The deepest recursion of the evaluator: statements, expressions and calls together.
  ///
  /// It keeps the native stack below half a megabyte, the smallest a thread gets.
  var recursion: Int { depth <= Int.max / 4 ? depth * 4 : Int.max }

  /// The deepest list or mapping: what the JSON reader accepts and room for what a template puts around it.
  static let valueDepth = 192
}
