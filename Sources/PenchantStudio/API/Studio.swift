/// A labelling round: what is judged, who judges, and everything they said.
///
/// One value has one store open, and its lock file keeps every other process out. All methods may be called
/// from anywhere at once; a judgement is acknowledged after it is on the disk.
package final class Studio: Sendable {
  package init() { fatalError("not there yet") }
}

// MARK: - Who is there

extension Studio {
  /// The annotator whose cookie this is; nil for anything else.
  ///
  /// Compares digests, so that time tells nothing about the cookie. Touches no disk.
  package func identify(cookie: String) -> Annotator? { fatalError("not there yet") }

  /// Lets a browser in that followed a link.
  ///
  /// A link works once; the browser that followed it may follow it again. Following a newer link of the same
  /// annotator shuts out the browser that followed the older one.
  /// - Parameter cookie: what the browser sent, if anything.
  /// - Throws: `unknownLink`, `linkUsed`.
  package func join(token: String, cookie: String?) async throws(StudioError) -> Admission {
    fatalError("not there yet")
  }

  /// A new link for the host, who is there from the beginning; older ones end.
  /// - Returns: the token that follows `/join/`.
  package func hostLink() async throws(StudioError) -> String { fatalError("not there yet") }

  /// A link for an annotator, who is created if the name is new; older links of that annotator end.
  /// - Returns: the token that follows `/join/`.
  /// - Throws: `malformedRequest` for a name that cannot be used.
  package func link(for name: String) async throws(StudioError) -> String {
    fatalError("not there yet")
  }
}

// MARK: - Judging

extension Studio {
  /// What a page shows before its first task.
  package func session(for annotator: Annotator) async throws(StudioError) -> StudioSession {
    fatalError("not there yet")
  }

  /// The annotator's open task, or a new one.
  package func next(for annotator: Annotator) async throws(StudioError) -> NextTask {
    fatalError("not there yet")
  }

  /// Keeps a judgement; the same uuid again gives the same receipt and keeps nothing.
  /// - Throws: `unknownTask`, `taskClosed`, `taskExpired`, `uuidReused`, `malformedRequest` where verdict,
  ///   ranking or edit do not fit the task, `diskFull`.
  package func submit(
    _ judgement: Judgement, for annotator: Annotator
  ) async throws(StudioError) -> Receipt { fatalError("not there yet") }

  /// Takes a judgement back by an event of its own, and opens its task again, as it was shown.
  /// - Throws: `unknownJudgement`, `uuidReused`, `diskFull`.
  package func undo(
    _ undo: Undo, for annotator: Annotator
  ) async throws(StudioError) -> Undone { fatalError("not there yet") }
}

// MARK: - What came of it

extension Studio {
  /// Everything about the round, votes of named people included: for the host alone.
  package func results() async throws(StudioError) -> StudioResults { fatalError("not there yet") }

  /// The pairs that a rule makes of the judgements, as JSON lines in the order of the items.
  /// - Parameter body: gets the next lines, a megabyte or so at a time.
  package func export(
    _ rule: ExportRule, _ body: (String) async throws -> Void
  ) async throws { fatalError("not there yet") }

  /// Waits for what is being written, and closes the store; later calls throw `closed`.
  package func close() async { fatalError("not there yet") }
}
