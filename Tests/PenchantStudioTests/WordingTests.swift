import Foundation
import PenchantCore
import PenchantStudio
import Testing

@Suite("The studio's words") struct StudioErrorWordingTests {
  @Test(
    "each failure as it is said",
    arguments: [
      (.malformedRequest(key: "verdict", expected: "a string"), "'verdict' must be a string"),
      (.hostOnly, "only the host may do that\n  ask the person who started the studio"),
      (
        .linkUsed,
        "this link was followed by another browser already\n  ask the host for a new link"
      ),
      (.taskExpired, "the task went to somebody else in the meantime\n  go on with the next one"),
      (
        .diskFull,
        """
        the disk is full or cannot be written: judgements cannot be kept
          make room; the studio goes on by itself, and nothing acknowledged is lost
        """
      ),
      (
        .inUse(path: "a.sqlite", process: 7),
        """
        a.sqlite is open in another process (7)
          one server has a store at a time; close the other, or use its results page
        """
      ),
      (
        .newerSchema(path: "a.sqlite", found: 3, supported: 1),
        """
        a.sqlite was made by a later version of Penchant (schema 3, this one knows 1)
          use that version; nothing was changed
        """
      ),
      (
        .notAStore(path: "notes.db"),
        """
        notes.db is not a label store
          name another file with --store; nothing was changed
        """
      ),
      (
        .damaged(path: "a.sqlite", problem: "row 3 missing"),
        """
        a.sqlite is damaged: row 3 missing
          restore it from a backup; nothing was changed
        """
      ),
      (
        .oneAnswer(file: "d.jsonl", line: 4),
        """
        d.jsonl:4: the row has one answer, judging compares two
          give pairs or ranked lists, or generate answers with --model and --prompts
        """
      ),
      (
        .cannotListen(host: "127.0.0.1", port: 8787, errno: EADDRINUSE),
        """
        the studio cannot listen on 127.0.0.1:8787: Address already in use
          choose another port with --port; 0 takes any that is free
        """
      ),
      (
        .cannotListen(host: "8.8.8.8", port: 8787, errno: EADDRNOTAVAIL),
        """
        the studio cannot listen on 8.8.8.8:8787: \(String(cString: strerror(EADDRNOTAVAIL)))
          --host takes an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for all it has
        """
      ),
    ] as [(StudioError.Code, String)])
  func words(code: StudioError.Code, words: String) {
    #expect(StudioError(code).description == words)
  }

  @Test(
    "statuses are those a browser expects",
    arguments: [
      (.notAdmitted, 401), (.hostOnly, 403), (.unknownTask, 404), (.taskClosed, 409),
      (.uuidReused, 409), (.diskFull, 507), (.closed, 503), (.database(code: 1), 500),
    ] as [(StudioError.Code, Int)])
  func statuses(code: StudioError.Code, status: Int) {
    #expect(StudioError(code).httpStatus == status)
  }
}
