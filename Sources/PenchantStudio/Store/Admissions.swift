import GRDB
import PenchantCore

/// Links, sessions and names of annotators.
enum Admissions {
  static let hostName = "host"

  /// The sessions that are open.
  static func sessions(_ db: Database) throws -> [String: Annotator] {
    var sessions: [String: Annotator] = [:]
    for row in try db.rows(
      "SELECT id, name, role, session_digest FROM annotators WHERE session_digest IS NOT NULL")
    {
      sessions[row["session_digest"]] = annotator(row)
    }
    return sessions
  }

  static func annotator(_ row: Row) -> Annotator {
    Annotator(
      id: row["id"], name: row["name"],
      role: Annotator.Role(rawValue: row["role"]) ?? .annotator)
  }

  /// A new link for an annotator, who is created if there is none of that name.
  static func link(_ db: Database, name: String, role: Annotator.Role) throws -> String {
    let token = Secrets.random(24)
    let key = name.lowercased()
    if role == .annotator, key == hostName {
      throw StudioError(.malformedRequest(key: "name", expected: "another name than the host's"))
    }
    try db.run(
      "INSERT INTO annotators(name, key, role) VALUES (?, ?, ?) ON CONFLICT(key) DO NOTHING",
      [name, key, role.rawValue])
    try db.run(
      "UPDATE annotators SET link_digest = ?, link_used = 0 WHERE key = ?",
      [Secrets.digest(token), key])
    return token
  }

  /// What a browser gets for following a link; the digest of a cookie that is new.
  static func join(
    _ db: Database, token: String, cookie: String?
  ) throws -> (admission: Admission, digest: String?) {
    let row = try db.row(
      "SELECT id, name, role, link_used, session_digest FROM annotators WHERE link_digest = ?",
      [Secrets.digest(token)])
    guard let row else { throw StudioError(.unknownLink) }
    let annotator = annotator(row)
    guard row["link_used"] == 0 else {
      let session: String? = row["session_digest"]
      guard let cookie, let session, Secrets.digest(cookie) == session else {
        throw StudioError(.linkUsed)
      }
      return (Admission(annotator: annotator, cookie: nil), nil)
    }
    let fresh = Secrets.random(32)
    let digest = Secrets.digest(fresh)
    try db.run(
      "UPDATE annotators SET link_used = 1, session_digest = ? WHERE id = ?",
      [digest, annotator.id])
    return (Admission(annotator: annotator, cookie: fresh), digest)
  }

  /// A name as it is kept: without white space at its ends.
  /// - Throws: `malformedRequest` for one that is empty, too long, or holds controls.
  static func cleaned(_ name: String) throws(StudioError) -> String {
    var scalars = Substring(name).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    let isPlain = scalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        false
      default: true
      }
    }
    guard !scalars.isEmpty, scalars.count <= 64, isPlain else {
      throw StudioError(
        .malformedRequest(key: "name", expected: "1 to 64 characters without controls"))
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
