/// Somebody who judges.
package struct Annotator: Sendable, Equatable, Hashable {
  /// What somebody may do.
  package enum Role: String, Sendable, Equatable {
    /// Started the studio: judges, sees results, invites others.
    case host
    /// Judges, and sees own progress alone.
    case annotator
  }

  /// The row in the store.
  package let id: Int64
  /// 1…64 characters without controls; unique in a store but for case.
  package let name: String
  package let role: Role

  package init(id: Int64, name: String, role: Role) {
    self.id = id
    self.name = name
    self.role = role
  }
}

/// How far one annotator has come.
package struct Progress: Sendable, Equatable {
  /// Items judged, gold questions and repeats not counted.
  package var done: Int
  /// `done`, `skipped`, and what is still open to this annotator.
  package var total: Int
  /// Items skipped.
  package var skipped: Int

  package init(done: Int, total: Int, skipped: Int) {
    self.done = done
    self.total = total
    self.skipped = skipped
  }
}

/// What annotators are asked to go by.
package struct Guidelines: Sendable, Equatable {
  /// Markdown; empty where none were given.
  package let text: String
  /// SHA-256 of the text, which every judgement carries.
  package let hash: String

  package init(text: String, hash: String) {
    self.text = text
    self.hash = hash
  }
}

/// What a page needs to know before its first task.
package struct StudioSession: Sendable, Equatable {
  /// A random name of the store (32 hexadecimal digits), so that a browser keeps what belongs to two stores apart.
  package var studio: String
  package var annotator: Annotator
  package var guidelines: Guidelines
  package var progress: Progress
  /// Seconds after which an untouched task goes to somebody else.
  package var leaseSeconds: Int
}

/// What a browser gets for following a link.
package struct Admission: Sendable, Equatable {
  package let annotator: Annotator
  /// The value of the cookie to set; nil where the browser's own is good already.
  package let cookie: String?
}
