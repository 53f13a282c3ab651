/// Work that a device takes memory of its own for, as large as it gets.
package enum DeviceWork: Sendable {
  /// Passes of a workspace.
  case passes(WorkspaceShape)
  /// Steps of decoding: sequences that are continued together, and the rows of the cache that one of them sees at most.
  case decoding(sequences: Int, context: Int)
}
