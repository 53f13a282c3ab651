import Foundation
import PenchantCore
import PenchantData
import PenchantStudio
import Testing

extension InBrowserTests {
  /// Every state of the pages, in both sizes and both lights: usable by all, and looked at.
  ///
  /// `PENCHANT_SCREENSHOTS=FOLDER` keeps a picture of each.
  @Suite("The pages") struct PagesInBrowserTests {
    private static let guidelines = """
      Judge the answer, not its length. In this order:

      1. **Does it do what was asked?** An answer that ignores half of the question loses.
      2. **Is it true?** Admitting not to know is below a right answer and above a wrong one.
      3. **Is it safe?**
      4. **Is it clear?**

      Do not rank on length or on formatting. If both would embarrass you, press *both bad*.
      """

    private static let long = """
      Photosynthesis is how plants turn **light** into sugar.

      ## How it works

      1. Leaves take in *carbon dioxide* and water.
      2. Chlorophyll absorbs light.
      3. The plant makes glucose:
         - in the **light reactions**, ATP and NADPH are made
         - in the **Calvin cycle**, carbon is fixed

      | stage | where | makes |
      |---|---|--:|
      | light reactions | thylakoid | ATP |
      | Calvin cycle | stroma | sugar |

      ```python
      def photosynthesis(co2, water, light):
          return {"glucose": co2 / 6, "oxygen": water}  # a line that is longer than the column
      ```

      See [the article](https://example.org/photosynthesis) or ![a leaf](https://example.org/leaf.png).
      """

    private static let short = """
      Plants use sunlight, water and carbon dioxide to make sugar and oxygen. The green pigment \
      **chlorophyll** in their leaves catches the light.

      > Without it there would be no food chain.

      In short: light in, sugar out.
      """

    private static func pair() throws -> StudioItem {
      try StudioItem(
        Pair(
          id: "a", prompt: .text("Explain photosynthesis to a curious twelve-year-old."),
          chosen: .text(long), rejected: .text(short),
          source: RowLocation(file: "made.jsonl", row: 1, line: 1)))
    }

    private static func ranking() -> StudioItem {
      let shared = Pair(
        id: "b", prompt: .text("Why is the sky blue?"), chosen: .text(""), rejected: nil,
        source: RowLocation(file: "made.jsonl", row: 2, line: 2))
      let answers = [
        short, "Because blue light is scattered more than red light by the molecules of the air.",
        "It mirrors the sea.", "Nobody knows.",
      ]
      return StudioItem(
        RankedAnswers(
          shared: shared,
          answers: answers.enumerated().map {
            .init(completion: .text($0.element), rank: Double($0.offset))
          }))
    }

    /// Checks the page as it stands and keeps its picture.
    private static func look(_ browser: Browser, _ name: String, _ window: Window) async throws {
      // A colour on its way is nobody's choice.
      _ = try await browser.run(
        "for (const each of document.getAnimations()) { try { each.finish(); } catch { each.cancel(); } }"
      )
      let problems = try await AccessibilityCheck.problems(browser, walks: !window.isDark)
      #expect(problems == [], "\(name), \(window.name)")
      // The walk leaves the focus on some control, which the next key would go to.
      _ = try await browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
      guard let folder = ProcessInfo.processInfo.environment["PENCHANT_SCREENSHOTS"] else { return }
      try await browser.save("\(folder)/\(name)-\(window.name).png")
    }

    struct Window: Sendable, CustomStringConvertible {
      var name: String
      var width: Int
      var height: Int
      var isDark: Bool
      var description: String { name }
    }

    static let windows = [
      Window(name: "desktop-light", width: 1280, height: 860, isDark: false),
      Window(name: "desktop-dark", width: 1280, height: 860, isDark: true),
      Window(name: "phone-light", width: 360, height: 740, isDark: false),
      Window(name: "phone-dark", width: 360, height: 740, isDark: true),
    ]

    @Test("every state passes the check", arguments: windows)
    func states(_ window: Window) async throws {
      try await ServedStudio.run(
        items: [Self.pair()], rules: RoundRules(votes: 3, overlap: 1, goldShare: 0, repeatShare: 0),
        guidelines: Self.guidelines
      ) { served in
        try await ChromeDriver.run { driver in
          try await driver.browse(
            width: window.width, height: window.height, isDark: window.isDark
          ) { browser in
            let ada = try await served.studio.link(for: "Ada")
            try await browser.open("\(served.address)/join/\(ada)")
            try await browser.until("document.body.dataset.task")
            try await Self.look(browser, "guidelines", window)
            try await browser.click("#guidelines-done")
            try await Self.look(browser, "judging", window)
            try await browser.press("c")
            try await browser.type("Nice table")
            try await Self.look(browser, "comment", window)
            try await browser.click("#close-comment")
            try await browser.press("e")
            try await browser.until("document.getElementById('edit-dialog').open")
            try await Self.look(browser, "edit", window)
            try await browser.press(Browser.Key.escape)
            try await browser.press("r")
            try await Self.look(browser, "raw", window)
            try await browser.press("r")
            try await browser.press("?")
            try await Self.look(browser, "keys", window)
            try await browser.press(Browser.Key.escape)
            try await browser.judge("1")
            try await browser.until("document.body.dataset.rest === 'done'")
            try await Self.look(browser, "done", window)

            // A second opinion, a ranking, and what the host sees.
            _ = try await served.studio.add([Self.ranking()])
            try await browser.open("\(served.address)/join/\(try await served.studio.hostLink())")
            try await browser.until("document.body.dataset.task")
            if try await browser.run("return !document.getElementById('guidelines').hidden") == true
            {
              try await browser.click("#guidelines-done")
            }
            if try await browser.run("return document.querySelectorAll('.answer').length") == 2 {
              try await browser.judge("2", holding: [Browser.Key.shift])
            }
            try await browser.until("document.querySelectorAll('.answer').length === 4")
            try await browser.press("2")
            try await browser.press("1")
            try await browser.press("3", holding: [Browser.Key.shift])
            try await Self.look(browser, "ranking", window)
            try await browser.press("4")
            try await browser.judge(Browser.Key.enter)
            // Who has a link and has not judged is nobody who judged.
            _ = try await served.studio.link(for: "Cleo")
            try await browser.open("\(served.address)/results")
            try await browser.until("!document.getElementById('page').hidden")
            #expect(
              try await browser.run(
                "return document.getElementById('subtitle').textContent.endsWith('by 2 people')")
                == true)
            // Two judgements or three say nothing about sides.
            #expect(
              try await browser.run(
                "return document.getElementById('tiles').textContent.includes('too few to say')")
                == true)
            try await browser.click("#links button")
            try await browser.until("document.querySelector('#links input')")
            try await Self.look(browser, "results", window)
            try await browser.open("\(served.address)/join/wrong")
            try await browser.until("document.readyState === 'complete'")
            if let folder = ProcessInfo.processInfo.environment["PENCHANT_SCREENSHOTS"] {
              try await browser.save("\(folder)/link-\(window.name).png")
            }
          }
        }
      }
    }

    @Test("a judgement by touch or mouse is the one by key") func mouse() async throws {
      try await ServedStudio.run(items: Made.pairs(8)) { served in
        try await ChromeDriver.run { driver in
          try await driver.browse(width: 360, height: 740) { browser in
            try await browser.join(served, "Ada")
            let buttons = [
              "#verdict-left_much", "#verdict-left", "#verdict-tie", "#verdict-right",
              "#verdict-right_much", "#both-bad", "#skip-task",
            ]
            for button in buttons {
              let before = try await browser.task
              try await Task.sleep(for: .milliseconds(260))
              try await browser.click(button)
              try await browser.until(
                "document.body.dataset.task !== '\(before)' && !document.body.classList.contains('busy')"
              )
            }
            let verdicts = try await served.studio.results().verdicts.filter { $0.count > 0 }
            #expect(
              Set(verdicts.map(\.verdict))
                == [.leftMuch, .left, .tie, .right, .rightMuch, .bothBad, .skip])
            #expect(verdicts.allSatisfy { $0.count == 1 })
            let before = try await browser.task
            try await browser.click("#undo")
            try await browser.until("document.body.dataset.task !== '\(before)'")
          }
        }
      }
    }

    @Test("keys do nothing while somebody writes, and can be switched off") func keys() async throws
    {
      try await ServedStudio.run { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.join(served, "Ada")
            let task = try await browser.task
            try await Task.sleep(for: .milliseconds(260))
            try await browser.press("c")
            try await browser.type("1 2 0 b s u r g t")
            #expect(
              try await browser.run("return document.getElementById('comment').value")
                == "1 2 0 b s u r g t")
            try await browser.press(Browser.Key.escape)
            try await browser.press("e")
            try await browser.type("12bs")
            try await browser.press(Browser.Key.enter, holding: [Browser.Key.control])
            // A dialog tells of its closing in a later turn of the page's loop.
            try await browser.until(
              "document.querySelector('#answer-0 .prose').textContent.endsWith('12bs')")
            #expect(
              try await browser.run("return document.getElementById('edit-dialog').open") == false)
            try await browser.press("?")
            try await browser.click("#single-keys")
            try await browser.press(Browser.Key.escape)
            for key in ["1", "2", "0", "b", "s", "t"] { try await browser.press(key) }
            #expect(try await browser.task == task)
            #expect(try await served.studio.results().judgements == 0)
          }
        }
      }
    }
  }
}
