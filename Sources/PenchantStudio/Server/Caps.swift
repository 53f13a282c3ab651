/// What one browser, or a hundred, may ask of the machine.
package struct Caps: Sendable, Equatable {
  /// All header fields of a request together, in bytes.
  package var headerBytes = 16 * 1024
  package var headerFields = 100
  /// A body, in bytes: a judgement with the longest comment and the longest edit, escaped at its worst.
  package var bodyBytes = 2 * 1024 * 1024
  /// Seconds from the head of a request to the end of its body.
  package var bodySeconds = 20
  /// Connections at once; more wait to be accepted.
  package var connections = 256
  /// Seconds for which a connection may lie idle, or its next head may take to arrive.
  package var idleSeconds = 30
  /// Seconds that answers on their way may take once the studio is told to stop.
  package var farewellSeconds = 10

  package init() {}
}
