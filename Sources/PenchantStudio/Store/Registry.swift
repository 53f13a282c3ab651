import Synchronization

/// Who may come in: digests of cookies, in memory, so that recognising a browser touches no disk.
///
/// A cookie is looked up by its SHA-256: how long that takes says nothing about cookies that would be good.
final class Registry: Sendable {
  private let sessions: Mutex<[String: Annotator]>

  init(_ sessions: [String: Annotator]) { self.sessions = Mutex(sessions) }

  func annotator(cookie: String) -> Annotator? {
    guard cookie.utf8.count <= 128 else { return nil }
    let digest = Secrets.digest(cookie)
    return sessions.withLock { $0[digest] }
  }

  /// Lets a browser in, and the one out that had the annotator's session before.
  func admit(_ annotator: Annotator, digest: String) {
    sessions.withLock { sessions in
      sessions = sessions.filter { $0.value.id != annotator.id }
      sessions[digest] = annotator
    }
  }
}
