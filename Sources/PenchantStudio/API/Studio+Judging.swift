extension Studio {
  /// What a page shows before its first task.
  package func session(for annotator: Annotator) async throws(StudioError) -> StudioSession {
    let progress = try await store.read { try Progress.of(annotator.id, $0) }
    return StudioSession(
      studio: name, annotator: annotator, guidelines: guidelines, progress: progress,
      leaseSeconds: Int(round.leaseMilliseconds / 1000))
  }

  /// The annotator's open task, or a new one.
  ///
  /// Where the disk is full no task can be lent: the answer is then `readOnly`, not an error.
  package func next(for annotator: Annotator) async throws(StudioError) -> NextTask {
    let round = round
    do {
      return try await store.committer.perform { db in
        try Assigner(round, db, annotator: annotator.id).next()
      }
    } catch  where error.code == .diskFull {
      return .nothing(.readOnly)
    }
  }

  /// Keeps a judgement; the same uuid again gives the same receipt and keeps nothing.
  /// - Throws: `unknownTask`, `taskClosed`, `taskExpired`, `uuidReused`, `malformedRequest` where verdict,
  ///   ranking or edit do not fit the task, `diskFull`.
  package func submit(
    _ judgement: Judgement, for annotator: Annotator
  ) async throws(StudioError) -> Receipt {
    let round = round
    return try await store.committer.perform { db in
      try Recorder(round: round, db: db, annotator: annotator.id).submit(judgement)
    }
  }

  /// Takes a judgement back by an event of its own, and opens its task again, as it was shown.
  /// - Throws: `unknownJudgement`, `uuidReused`, `diskFull`; `taskExpired` for a skip whose item others have
  ///   judged since.
  package func undo(
    _ undo: Undo, for annotator: Annotator
  ) async throws(StudioError) -> Undone {
    let round = round
    return try await store.committer.perform { db in
      try Recorder(round: round, db: db, annotator: annotator.id).undo(undo)
    }
  }
}
