import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct LabelTests {
  /// As many pairs as asked for, each with a text of its own.
  private func pairs(_ count: Int, _ folder: Folder) throws -> String {
    let rows = (1...count).map {
      #"{"id":"row-\#($0)","prompt":"Question \#($0)?","chosen":"Good answer \#($0)","rejected":"Poor answer \#($0)"}"#
    }
    return try folder.write("pairs.jsonl", rows.joined(separator: "\n") + "\n")
  }

  @Test func optionsThatDoNothingAreRefused() throws {
    let folder = try Folder()
    let store = folder.path("S.sqlite")
    func error(_ arguments: String...) throws -> String {
      let outcome = try Program.run(["label", "--store", store] + arguments)
      #expect(outcome.status == 2)
      #expect(!folder.exists("S.sqlite"))
      return outcome.error
    }
    #expect(
      try error() == """
        error: there is no label store \(store)
          give --data or --model with --prompts to make one

        """)
    #expect(try error("--statistics").hasPrefix("error: there is no label store"))
    #expect(
      try error("--export", "o.jsonl", "--data", Example.pairs)
        == """
        error: --export and --data do not go together: it reads the round as it is
          see 'penchant label --help'

        """)
    #expect(try error("--json").hasPrefix("error: --json needs --statistics"))
    #expect(try error("--rule", "soft").hasPrefix("error: --rule needs --export"))
    #expect(try error("--prompts", Example.pairs).hasPrefix("error: --prompts needs --model"))
    #expect(
      try error("--data", Example.pairs, "--temperature", "1")
        .hasPrefix("error: --temperature needs --model"))
    #expect(
      try error("--model", Example.model, "--prompts", Example.pairs)
        .hasPrefix("error: --temperature is 0; it must be above 0"))
    #expect(
      try error("--data", Example.pairs, "--overlap", "1.5")
        .hasPrefix("error: --overlap is 1.5; it must be between 0 and 1"))
    let one = try folder.write("one.jsonl", #"{"prompt":"a","completion":"b"}"# + "\n")
    #expect(
      try error("--data", one) == """
        error: \(one):1: the row has one answer, judging compares two
          give pairs or ranked lists, or generate answers with --model and --prompts

        """)
  }

  /// Before anything is stored: a name no link can be made for, and one that two links were asked for.
  @Test(arguments: [
    ([""], "--annotator is ''; it must be 1 to 64 characters without controls"),
    (["Host"], "--annotator is 'Host'; it must be another name than the host's"),
    (["Ada", " ada"], "--annotator ' ada' stands there twice"),
  ])
  func namesAreCheckedFirst(names: [String], problem: String) throws {
    let folder = try Folder()
    let outcome = try Program.run(
      ["label", "--store", folder.path("S.sqlite"), "--data", Example.pairs]
        + names.flatMap { ["--annotator", $0] })
    #expect(outcome.status == 2)
    #expect(outcome.error == "error: \(problem)\n  see 'penchant label --help'\n")
    #expect(!folder.exists("S.sqlite"))
  }

  @Test func aForeignAddressIsNoMatterOfPorts() throws {
    let folder = try Folder()
    // 192.0.2.1 is set aside for documentation (RFC 5737): no machine has it.
    let outcome = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--data", Example.pairs, "--host", "192.0.2.1",
    ])
    #expect(outcome.status == 3)
    #expect(outcome.error.contains("the studio cannot listen on 192.0.2.1:8787: "))
    #expect(outcome.error.contains("\n  --host takes an address of this machine"))
  }

  @Test func aRoundFromLinksToPairs() throws {
    let folder = try Folder()
    let studio = try LabelStudio(folder)
    let data = try pairs(12, folder)
    let guidelines = try folder.write("guidelines.md", "# Be fair\n")
    let links = try studio.start([
      "--data", data, "--annotator", "Ada", "--annotator", "Ben", "--overlap", "1",
      "--guidelines", guidelines, "--repeats", "0",
    ])
    #expect(Set(links.keys) == ["host", "Ada", "Ben"])
    for (name, link) in links where name != "host" {
      let browser = try studio.join(link)
      let session = try browser.request("GET", "/api/session").json
      #expect(session["annotator"] as? String == name)
      #expect((session["guidelines"] as? [String: Any])?["text"] as? String == "# Be fair\n")
      var judged = 0
      while let task = try browser.request("POST", "/api/next", [:]).json["task"]
        as? [String: Any]
      {
        let answers = try #require(task["answers"] as? [String])
        // Ada likes good answers; Ben likes poor ones of the first three questions.
        let question = try #require(
          ((task["prompt"] as? [[String: Any]])?.last?["content"] as? String))
        let likesPoor =
          name == "Ben" && ["Question 1?", "Question 2?", "Question 3?"].contains(question)
        let isLeft = answers[0].hasPrefix(likesPoor ? "Poor" : "Good")
        let answer = try browser.request(
          "POST", "/api/judgements",
          [
            "client_uuid": UUID().uuidString, "task_id": try #require(task["task_id"]),
            "verdict": isLeft ? "left" : "right", "ms_visible": 2500,
          ])
        #expect(answer.status == 200)
        judged += 1
      }
      #expect(judged == 12)
    }
    // A second server, and reading while the first one runs, are refused.
    let second = try Program.run(["label", "--store", folder.path("S.sqlite"), "--statistics"])
    #expect(second.status == 2)
    #expect(second.error.contains("is open in another process"))
    #expect(studio.stop() == 0)

    let statistics = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--statistics", "--json",
    ])
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(statistics.output.utf8)) as? [String: Any])
    #expect(json["judgements"] as? Int == 24)
    let agreement = try #require(json["agreement"] as? [String: Any])
    #expect((agreement["percent"] as? [String: Any])?["value"] as? Double == 0.75)
    let table = try Program.run(["label", "--store", folder.path("S.sqlite"), "--statistics"])
    #expect(table.output.contains("24 judgements of 12 items by 2 people"))
    #expect(table.output.contains("share of equal judgements: 0.75"))

    let out = folder.path("judged.jsonl")
    let export = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--export", out, "--rule", "unanimous",
    ])
    #expect(export.status == 0)
    #expect(export.output.hasPrefix("wrote 9 pairs by unanimous -> \(out)\n"))
    #expect(export.output.contains("3 judged pairs are left out by the rule"))
    let again = try Program.run(["label", "--store", folder.path("S.sqlite"), "--export", out])
    #expect(again.status == 2)
    _ = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--export", out, "--overwrite",
    ])
    let audit = try Program.run([
      "audit", "--data", out, "--output", folder.path("audit"), "--fail-on", "none",
    ])
    #expect(audit.status == 0)
    #expect(audit.output.contains("read 12 pairs as trl-standard, 3 ties among them"))
  }

  @Test func aModelAnswersTwiceAndGoesOn() throws {
    let folder = try Folder()
    let studio = try LabelStudio(folder)
    let options = [
      "--model", Example.model, "--prompts", Example.pairs, "--limit", "4", "--temperature", "1",
      "--max-new-tokens", "8",
    ]
    let links = try studio.start(options)
    let browser = try studio.join(try #require(links["host"]))
    let session = try browser.request("GET", "/api/session").json
    #expect(session["role"] as? String == "host")
    let total = (session["progress"] as? [String: Any])?["total"] as? Int
    #expect(total == 4)
    let task = try #require(
      try browser.request("POST", "/api/next", [:]).json["task"] as? [String: Any])
    let answers = try #require(task["answers"] as? [String])
    #expect(answers[0] != answers[1])
    #expect(studio.stop() == 0)
    try studio.start(options)
    #expect(studio.stop() == 0)
    #expect(try folder.text("out-2").contains("answered before: 4 prompts"))
  }
}
