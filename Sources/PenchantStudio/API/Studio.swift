import GRDB
import PenchantCore
import Synchronization

/// A labelling round: what is judged, who judges, and everything they said.
///
/// One value has one store open, and its lock file keeps every other process out. All methods may be called
/// from anywhere at once; a judgement is acknowledged after it is on the disk.
package final class Studio: Sendable {
  package let store: LabelStore
  let round: Round
  let registry: Registry
  /// The last results, and what they were made of.
  let lastResults = Mutex<(key: ResultsKey, results: StudioResults)?>(nil)
  /// A random name of the store.
  package let name: String
  package let guidelines: Guidelines

  /// Opens the round at `path`, or begins one.
  /// - Throws: ``StudioError``: the store is in use, of a later version, damaged, none of ours, cannot be written.
  package init(path: String, _ options: StudioOptions = StudioOptions()) throws(StudioError) {
    store = try LabelStore(path: path, mayCreate: options.mayCreate)
    do {
      (name, round, guidelines, registry) = try store.queue.inDatabase { db in
        var opened: (String, Round, Guidelines, Registry)?
        try db.inTransaction(.immediate) {
          opened = try Self.open(db, options)
          return .commit
        }
        guard let opened else { throw StudioError(.database(code: -1)) }
        return opened
      }
    } catch {
      throw StudioError(error, path: path)
    }
  }

  private static func open(
    _ db: Database, _ options: StudioOptions
  ) throws -> (String, Round, Guidelines, Registry) {
    func fact(_ name: String, _ fresh: @autoclosure () -> String) throws -> String {
      if let known = try db.fact(name) { return known }
      let value = fresh()
      try db.setFact(name, value)
      return value
    }
    let name = try fact("studio", Secrets.random(16))
    let secret = try fact("secret", Secrets.random(32))
    _ = try fact("open_items", "0")
    var rules = try db.fact("rules").flatMap { try RoundRules(JSON.parse($0)) } ?? RoundRules()
    options.changeRules(&rules)
    try db.setFact("rules", rules.json.text())

    let text =
      try options.guidelines
      ?? db.fact("guidelines").flatMap {
        try db.text("SELECT text FROM guidelines WHERE hash = ?", [$0])
      }
    let guidelines = Guidelines(
      text: text ?? "", hash: Digest.sha256(Array((text ?? "").utf8)).hex)
    try db.run(
      "INSERT INTO guidelines(hash, text, at) VALUES (?, ?, ?) ON CONFLICT(hash) DO NOTHING",
      [guidelines.hash, guidelines.text, options.now()])
    try db.setFact("guidelines", guidelines.hash)

    let round = Round(
      rules: rules, key: DigestKey(Secrets.bytes(secret) ?? []), guidelines: guidelines.hash,
      leaseMilliseconds: Int64(options.leaseSeconds) * 1000, now: options.now)
    return (name, round, guidelines, Registry(try Admissions.sessions(db)))
  }

  /// Waits for what is being written, and closes the store; later calls throw `closed`.
  package func close() async { await store.close() }
}
