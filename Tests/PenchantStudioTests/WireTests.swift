import PenchantCore
import PenchantStudio
import Testing

@Suite("Requests and answers as JSON") struct WireTests {
  private func judgement(_ text: String) throws -> Judgement { try Judgement(JSON.parse(text)) }

  @Test("a whole judgement") func whole() throws {
    let read = try judgement(
      """
      {"client_uuid": "0f8fad5b-d9cb-469f-a165-70867728950e", "task_id": "ab12", "verdict": "ranked",
       "ranking": [[2], [0, 1]], "ms_visible": 1500, "comment": "close", "edited": {"slot": 1, "text": "x"}}
      """)
    #expect(
      read
        == Judgement(
          clientUUID: "0f8fad5b-d9cb-469f-a165-70867728950e", taskID: "ab12", verdict: .ranked,
          ranking: [[2], [0, 1]], millisecondsVisible: 1500, comment: "close",
          edited: .init(slot: 1, text: "x")))
    let least = try judgement(
      """
      {"client_uuid": "12345678", "task_id": "t", "verdict": "skip", "ms_visible": 0, "comment": null}
      """)
    #expect(least.comment == nil && least.edited == nil && least.ranking == nil)
  }

  @Test(
    "what does not fit is named, never quoted",
    arguments: [
      ("[]", "body"), ("{}", "client_uuid"),
      (#"{"client_uuid": "short"}"#, "client_uuid"),
      (#"{"client_uuid": "1234567'; --"}"#, "client_uuid"),
      (#"{"client_uuid": "12345678"}"#, "task_id"),
      (#"{"client_uuid": "12345678", "task_id": "t", "verdict": "best"}"#, "verdict"),
      (#"{"client_uuid": "12345678", "task_id": "t", "verdict": "tie"}"#, "ms_visible"),
      (
        #"{"client_uuid": "12345678", "task_id": "t", "verdict": "tie", "ms_visible": -1}"#,
        "ms_visible"
      ),
      (
        #"{"client_uuid": "12345678", "task_id": "t", "verdict": "tie", "ms_visible": 1.5}"#,
        "ms_visible"
      ),
      (
        #"{"client_uuid": "12345678", "task_id": "t", "verdict": "ranked", "ms_visible": 1, "ranking": [0]}"#,
        "ranking"
      ),
      (
        #"{"client_uuid": "12345678", "task_id": "t", "verdict": "tie", "ms_visible": 1, "edited": {"slot": 0}}"#,
        "edited.text"
      ),
      (
        #"{"client_uuid": "12345678", "task_id": "t", "verdict": "tie", "ms_visible": 1, "model": "x"}"#,
        "model"
      ),
    ])
  func malformed(text: String, key: String) throws {
    let body = try JSON.parse(text)
    do throws(StudioError) {
      _ = try Judgement(body)
      Issue.record("accepted")
    } catch {
      guard case .malformedRequest(let found, _) = error.code else {
        Issue.record("\(error)")
        return
      }
      #expect(found == key)
      #expect(error.httpStatus == 400)
    }
  }

  @Test("a comment and an edited answer have limits") func limits() throws {
    let long = String(repeating: "é", count: Judgement.commentLimit / 2 + 1)
    #expect(throws: StudioError.self) {
      try judgement(
        """
        {"client_uuid": "12345678", "task_id": "t", "verdict": "tie", "ms_visible": 1, "comment": "\(long)"}
        """)
    }
  }

  @Test("an answer to 'what next' says nothing about where texts come from") func task() throws {
    let next = NextTask.nothing(.readOnly).json
    #expect(next.text() == #"{"task": null, "reason": "read_only"}"#)
  }
}
