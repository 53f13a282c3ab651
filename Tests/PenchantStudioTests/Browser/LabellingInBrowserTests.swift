import Foundation
import PenchantCore
import PenchantStudio
import Testing

extension InBrowserTests {
  /// People at work, in a real browser.
  @Suite("Labelling in a browser") struct LabellingInBrowserTests {
    /// What somebody means to say of an item, whichever side its answers stand on.
    private enum Opinion { case good, poor, tie, bothBad, skip }

    private static let rules = RoundRules(votes: 3, overlap: 1, goldShare: 0, repeatShare: 0)

    /// Two of three agree on every item but each fifth, where nobody prefers an answer.
    private static func opinion(_ person: Int, _ item: Int) -> Opinion {
      if item % 5 == 0 { return [.tie, .bothBad, .skip][person] }
      let favourite: Opinion = item % 2 == 0 ? .poor : .good
      let other: Opinion = item % 2 == 0 ? .good : .poor
      return person == 2 && item % 3 == 0 ? other : favourite
    }

    /// Presses what says it, in one of the ways in which it can be said.
    private static func say(_ opinion: Opinion, _ item: Int, _ browser: Browser) async throws {
      let isGoodLeft = try await browser.text(of: "#answer-0 .prose").hasPrefix("Good")
      let isLeft = (opinion == .good) == isGoodLeft
      switch (opinion, item % 4) {
      case (.tie, let way): try await browser.judge(way < 2 ? "0" : "t")
      case (.bothBad, _): try await browser.judge("b")
      case (.skip, _): try await browser.judge("s")
      case (_, 0): try await browser.judge(isLeft ? "1" : "2")
      case (_, 1): try await browser.judge(isLeft ? Browser.Key.left : Browser.Key.right)
      case (_, 2): try await browser.judge(isLeft ? "1" : "2", holding: [Browser.Key.shift])
      default:
        try await browser.judge(
          isLeft ? Browser.Key.left : Browser.Key.right, holding: [Browser.Key.shift])
      }
    }

    /// Thirty items, a slip taken back on the way, a reload in the middle of a comment.
    private static func work(_ person: Int, _ served: ServedStudio, _ browser: Browser) async throws
    {
      try await browser.join(served, "Person \(person)")
      for turn in 0..<30 {
        let item = try #require(
          Int(try await browser.text(of: "#prompt").filter(\.isNumber)), "no number in the prompt")
        if turn == 9 {
          try await browser.judge("b")
          try await browser.press("u")
          try await browser.until(
            "document.getElementById('said').textContent.startsWith('Taken back')")
          #expect(Int(try await browser.text(of: "#prompt").filter(\.isNumber)) == item)
        }
        if turn == 19 {
          let task = try await browser.task
          try await browser.press("c")
          try await browser.type("half 12bs")
          try await browser.press(Browser.Key.escape)
          try await browser.reload()
          try await browser.until("document.body.dataset.task")
          #expect(try await browser.task == task)
          #expect(
            try await browser.run("return document.getElementById('comment').value") == "half 12bs")
        }
        try await say(opinion(person, item), item, browser)
      }
      #expect(try await browser.text(of: "#message h1") == "All done. Thank you!")
    }

    @Test("three people judge thirty pairs by keyboard; the export says what they pressed")
    func thirtyPairs() async throws {
      try await ServedStudio.run(items: Made.pairs(30), rules: Self.rules) { served in
        try await ChromeDriver.run { driver in
          try await withThrowingTaskGroup(of: Void.self) { group in
            for person in 0..<3 {
              group.addTask {
                try await driver.browse { try await Self.work(person, served, $0) }
              }
            }
            try await group.waitForAll()
          }
          let results = try await served.studio.results()
          // Six were skipped, which is no judgement.
          #expect(results.judgements == 84)
          #expect(results.verdicts.first { $0.verdict == .skip }?.count == 6)
          #expect(results.people.filter { $0.role == .annotator }.map(\.comments) == [1, 1, 1])

          // The host takes the export as the page offers it.
          let text = try await driver.browse { browser in
            try await browser.open("\(served.address)/join/\(try await served.studio.hostLink())")
            try await browser.until("document.readyState === 'complete'")
            try await browser.open("\(served.address)/results")
            try await browser.until("document.querySelector('#exports a')")
            return try await browser.await(
              "(await fetch(document.querySelector('#exports a').href)).text()"
            ).string ?? ""
          }
          var chosen: [Int: String] = [:]
          for line in text.split(separator: "\n") {
            let row = try JSON.parse(String(line))
            if row["tie"] == true { continue }
            let answer = row["chosen"]?.text() ?? ""
            let number = try #require(Int((row["id"]?.string ?? "").filter(\.isNumber)))
            chosen[number] = answer.contains("Good answer \(number)\"") ? "good" : "poor"
          }
          let expected = Dictionary(
            uniqueKeysWithValues: (1...30).filter { $0 % 5 != 0 }.map {
              ($0, $0 % 2 == 0 ? "poor" : "good")
            })
          #expect(chosen == expected)
        }
      }
    }

    @Test("several answers are put into order by keyboard, with ties and second thoughts")
    func ranking() async throws {
      try await ServedStudio.run(items: [Made.ranking(1, answers: 4)]) { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.join(served, "Ada")
            try await browser.press("3")
            try await browser.press("1")
            try await browser.press("2", holding: [Browser.Key.shift])
            try await Task.sleep(for: .milliseconds(260))
            try await browser.press(Browser.Key.enter)
            #expect(try await browser.text(of: "#warned").hasSuffix("1 answer to place"))
            try await browser.press("4")
            // Answer 4 moves up: into the tie above, out of it, and back by undo.
            _ = try await browser.run("document.getElementById('chip-3').focus()")
            try await browser.press(Browser.Key.up)
            try await browser.press(Browser.Key.up)
            #expect(
              try await browser.text(of: "#said")
                == "1st: answer 3. 2nd: answer 4. 3rd: answer 1 and answer 2. All placed: Enter sends it"
            )
            try await browser.press("u")
            #expect(
              try await browser.text(of: "#said")
                == "1st: answer 3. 2nd: answer 1 and answer 2 and answer 4. All placed: Enter sends it"
            )
            // A reload keeps what was placed.
            try await browser.reload()
            try await browser.until("document.querySelectorAll('.tier').length === 2")
            let shown = try await browser.run(
              "return [...document.querySelectorAll('.answer .prose')].map((each) => each.textContent)"
            )
            try await Task.sleep(for: .milliseconds(260))
            try await browser.press(Browser.Key.enter)
            try await browser.until("document.body.dataset.rest === 'done'")
            let best = try #require(shown.array?[2].string)
            var lines = ""
            try await served.studio.export(.majority) { lines += $0 }
            let rows = try lines.split(separator: "\n").map { try JSON.parse(String($0)) }
            #expect(rows.count { $0["tie"] != true } == 3)
            for row in rows where row["tie"] != true {
              #expect(row["chosen"]?.text().contains(best) == true)
            }
          }
        }
      }
    }

    @Test("a judgement made while the server is away arrives once, when it is back")
    func offline() async throws {
      let folder = Folder()
      let studio = try Studio(path: folder.store, StudioOptions(changeRules: { $0 = Made.plain }))
      _ = try await studio.add(Made.pairs(2))
      try await ChromeDriver.run { driver in
        try await driver.browse { browser in
          let port = try await ServedStudio.serve(studio, port: 0) { served in
            try await browser.join(served, "Ada")
            return served.port
          }
          try await Task.sleep(for: .milliseconds(260))
          try await browser.press("1")
          try await browser.until("document.getElementById('sync').dataset.state === 'waiting'")
          #expect(
            try await browser.text(of: "#sync-text")
              == "The studio does not answer; trying again. 1 judgement kept in this browser.")
          #expect(try await studio.results().judgements == 0)
          try await ServedStudio.serve(studio, port: port) { _ in
            try await browser.click("#retry")
            try await browser.until("document.getElementById('sync').dataset.state === 'saved'")
            try await browser.until("!document.body.classList.contains('busy')")
            #expect(try await studio.results().judgements == 1)
            // The same again, and the page is closed before it arrives.
            let waiting = try await browser.run(
              "return Object.entries(localStorage).filter(([name]) => name.endsWith('outbox')).map((each) => each[1]).join()"
            )
            #expect(waiting == "[]")
          }
          try await Task.sleep(for: .milliseconds(260))
          try await browser.press("2")
          try await browser.until("document.getElementById('sync').dataset.state === 'waiting'")
          try await ServedStudio.serve(studio, port: port) { served in
            try await browser.open(served.address)
            try await browser.until("document.body.dataset.rest === 'done'")
            #expect(try await studio.results().judgements == 2)
          }
        }
      }
      await studio.close()
    }
  }
}
