import GRDB
import PenchantCore

/// Links, sessions and names of annotators.
enum Admissions {
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

  static func hostLink(_ db: Database) throws -> String {
    try link(db, name: AnnotatorName.host, key: AnnotatorName.host, role: .host)
  }

  /// A new link for an annotator, who is created if there is none of that name.
  static func link(_ db: Database, name: AnnotatorName) throws -> String {
    try link(db, name: name.text, key: name.key, role: .annotator)
  }

  private static func link(
    _ db: Database, name: String, key: String, role: Annotator.Role
  ) throws -> String {
    let token = Secrets.random(24)
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
}
