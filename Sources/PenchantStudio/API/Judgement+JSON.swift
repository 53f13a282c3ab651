package import PenchantCore

extension Judgement {
  /// The longest comment, in bytes of UTF-8.
  package static let commentLimit = 10_000
  /// The longest edited answer, in bytes of UTF-8.
  package static let editLimit = 200_000

  /// Reads the body of `POST /api/judgements`; members it does not know are refused.
  /// - Throws: ``StudioError`` naming the member that does not fit.
  package init(_ body: JSON) throws(StudioError) {
    var fields = try BodyFields(body)
    clientUUID = try fields.uuid("client_uuid")
    taskID = try fields.string("task_id", atMost: 64)
    let name = try fields.string("verdict", atMost: 32)
    guard let verdict = Verdict(rawValue: name) else {
      throw fields.wrong("verdict", Verdict.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.verdict = verdict
    ranking = try fields.take("ranking").map { value throws(StudioError) in
      try Self.tiers(value, fields)
    }
    let wanted = "a whole number of milliseconds, 0 or more"
    guard let visible = fields.take("ms_visible")?.int, visible >= 0 else {
      throw fields.wrong("ms_visible", wanted)
    }
    millisecondsVisible = visible
    comment = try fields.optionalString("comment", atMost: Self.commentLimit)
    if let value = fields.take("edited") {
      var members = try BodyFields(value, under: "edited.")
      guard let slot = members.take("slot")?.int, slot >= 0 else {
        throw members.wrong("slot", "a whole number, 0 or more")
      }
      edited = Edit(slot: slot, text: try members.string("text", atMost: Self.editLimit))
      try members.finish()
    }
    try fields.finish()
  }

  private static func tiers(_ value: JSON, _ fields: BodyFields) throws(StudioError) -> [[Int]] {
    let tiers = value.array?.map { tier in tier.array?.map(\.int) ?? [nil] } ?? [[nil]]
    guard tiers.count <= 64, tiers.allSatisfy({ $0.count <= 64 && !$0.contains(nil) }) else {
      throw fields.wrong("ranking", "a list of lists of slots")
    }
    return tiers.map { $0.compactMap { $0 } }
  }
}

extension Undo {
  /// Reads the body of `POST /api/undo`.
  package init(_ body: JSON) throws(StudioError) {
    var fields = try BodyFields(body)
    clientUUID = try fields.uuid("client_uuid")
    judgement = try fields.uuid("judgement")
    try fields.finish()
  }
}

extension Progress {
  package var json: JSON {
    [
      "done": .number(JSONNumber(done)), "total": .number(JSONNumber(total)),
      "skipped": .number(JSONNumber(skipped)),
    ]
  }
}

extension Receipt {
  /// `{accepted: true, progress, undo}`.
  package var json: JSON {
    ["accepted": true, "progress": progress.json, "undo": .string(undo)]
  }
}

extension Undone {
  /// `{task: {…}, progress}`.
  package var json: JSON { ["task": task.json, "progress": progress.json] }
}

extension StudioSession {
  package var json: JSON {
    [
      "studio": .string(studio), "annotator": .string(annotator.name),
      "role": .string(annotator.role.rawValue),
      "guidelines": ["text": .string(guidelines.text), "hash": .string(guidelines.hash)],
      "settings": ["lease_seconds": .number(JSONNumber(leaseSeconds))],
      "progress": progress.json,
    ]
  }
}
