/// What somebody says of the answers of one task, as display positions see it.
package enum Verdict: String, Sendable, Equatable, CaseIterable {
  case leftMuch = "left_much"
  case left
  case tie
  case right
  case rightMuch = "right_much"
  case bothBad = "both_bad"
  /// Of a ranking task: the order stands in `ranking`.
  case ranked
  case skip
}

/// A judgement on its way in.
package struct Judgement: Sendable, Equatable {
  /// An answer as the annotator would have written it.
  package struct Edit: Sendable, Equatable {
    /// Which answer, from 0 in display order.
    package var slot: Int
    package var text: String

    package init(slot: Int, text: String) {
      self.slot = slot
      self.text = text
    }
  }

  /// Made by the browser, 8…64 letters, digits and hyphens: the same judgement sent twice is kept once.
  package var clientUUID: String
  package var taskID: String
  package var verdict: Verdict
  /// Tiers of slots, best first, equals together: `[[2], [0, 1]]`; only of `ranked`.
  package var ranking: [[Int]]?
  /// Milliseconds for which the task was visible.
  package var millisecondsVisible: Int
  package var comment: String?
  package var edited: Edit?

  package init(
    clientUUID: String, taskID: String, verdict: Verdict, ranking: [[Int]]? = nil,
    millisecondsVisible: Int, comment: String? = nil, edited: Edit? = nil
  ) {
    self.clientUUID = clientUUID
    self.taskID = taskID
    self.verdict = verdict
    self.ranking = ranking
    self.millisecondsVisible = millisecondsVisible
    self.comment = comment
    self.edited = edited
  }
}

/// The promise that a judgement is kept: it was on the disk before this was made.
package struct Receipt: Sendable, Equatable {
  package var progress: Progress
  /// The uuid to name in order to take the judgement back.
  package var undo: String
}

/// A judgement to be taken back.
package struct Undo: Sendable, Equatable {
  /// Made by the browser for this request.
  package var clientUUID: String
  /// The uuid of the judgement.
  package var judgement: String

  package init(clientUUID: String, judgement: String) {
    self.clientUUID = clientUUID
    self.judgement = judgement
  }
}

/// A judgement was taken back: its task is open again.
package struct Undone: Sendable, Equatable {
  package var task: JudgingTask
  package var progress: Progress
}
