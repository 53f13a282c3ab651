import Foundation
import PenchantCore
import PenchantData
import PenchantStudio
import Testing

extension InBrowserTests {
  /// Texts that would run, load or lead astray if the page took them for more than texts.
  @Suite("What answers cannot do") struct InertnessTests {
    /// `pwned` is what every payload sets; 127.0.0.1:9 is where every payload would load from.
    static let payloads = [
      "<script>window.pwned = 1</script>",
      "<img src=x onerror=\"window.pwned=1\"><img src=http://127.0.0.1:9/leak.png>",
      "<svg onload=window.pwned=1><animate onbegin=window.pwned=1 attributeName=x dur=1s></svg>",
      "<iframe src=\"javascript:parent.pwned=1\" srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
      "<details open ontoggle=window.pwned=1><summary>a</summary></details>",
      "<video><source onerror=window.pwned=1></video><audio src=http://127.0.0.1:9/a>",
      "<link rel=stylesheet href=http://127.0.0.1:9/x.css><style>@import 'http://127.0.0.1:9/y.css';</style>",
      "<meta http-equiv=refresh content=\"0;url=http://127.0.0.1:9/\"><base href=http://127.0.0.1:9/>",
      "<form action=http://127.0.0.1:9/><button autofocus onfocus=window.pwned=1>go</button></form>",
      "<object data=javascript:window.pwned=1></object><embed src=http://127.0.0.1:9/>",
      "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.pwned=1&gt;\">",
      "<a href=javascript:window.pwned=1 id=x>a</a><noscript><p title=\"</noscript><img src=x onerror=window.pwned=1>\">",
      "[click](javascript:window.pwned=1) [click](JaVaScRiPt:window.pwned=1) [x](\tjavascript:window.pwned=1)",
      "[a](java\nscript:window.pwned=1) [b](&#106;avascript:window.pwned=1) [c](<javascript:window.pwned=1>)",
      "[a](data:text/html,<script>window.pwned=1</script>) [b](vbscript:x) [c](file:///etc/passwd) [d](blob:x)",
      "[a](//127.0.0.1:9/) [b](/api/annotators) [c](http:javascript:x) [d](https://user:pw@127.0.0.1:9/)",
      "![leak](http://127.0.0.1:9/leak.png?prompt=secret) ![](javascript:window.pwned=1)",
      "[![i](http://127.0.0.1:9/i.png)](javascript:window.pwned=1)",
      "<http://127.0.0.1:9/\" onmouseover=\"window.pwned=1> <javascript:window.pwned=1>",
      "http://127.0.0.1:9/\"onmouseover=\"window.pwned=1 http://127.0.0.1:9/'><script>window.pwned=1</script>",
      "`<img src=x onerror=window.pwned=1>` ```\n<script>window.pwned=1</script>\n```",
      "| a | b |\n|---|---|\n| <img src=x onerror=window.pwned=1> | [x](javascript:window.pwned=1) |",
      "# <img src=x onerror=window.pwned=1>\n- <svg/onload=window.pwned=1>\n> <script>window.pwned=1</script>",
      "</textarea></title></script><script>window.pwned=1</script><!-- --!><img src=x onerror=window.pwned=1>",
      "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} #{window.pwned=1} <%= 1 %>",
      "\u{202E}gpj.exe\u{202C} \u{0000}\u{0008}\u{FFFE} <scr\u{0000}ipt>window.pwned=1</scr\u{0000}ipt>",
      "__proto__ constructor [x](http://a.b/__proto__) <a id=byId><form id=document name=body>",
      "&lt;script&gt;window.pwned=1&lt;/script&gt; &#60;img src=x onerror=window.pwned=1&#62;",
      "＜script＞window.pwned=1＜/script＞ <ſcript>window.pwned=1</ſcript> <SCRIPT SRC=//127.0.0.1:9/x.js>",
      "<x onclick=window.pwned=1 style=position:fixed;inset:0>cover</x>",
    ]

    private static func items() throws -> [StudioItem] {
      try stride(from: 0, to: payloads.count, by: 2).map { index in
        try StudioItem(
          Pair(
            id: "<img src=x onerror=window.pwned=1>\(index)", prompt: .text(payloads[index]),
            chosen: .text(payloads[index] + "\n\nmore"), rejected: .text(payloads[index + 1]),
            source: RowLocation(file: "made.jsonl", row: index, line: index)))
      }
    }

    /// What must not have happened, asked of the page itself.
    private static func check(_ browser: Browser, _ served: ServedStudio, _ place: String)
      async throws
    {
      #expect(
        try await browser.run("return window.pwned === undefined && parent.pwned === undefined")
          == true, "\(place)")
      let strange = try await browser.run(
        """
        const inside = ['#answers', '#prompt', '#guidelines-text', '#page', '#message', '#said', '#warned'];
        const bad = 'script, img, svg:not([role=img]), iframe, object, embed, form:not(#add), style, link, meta, base, video, audio, math, [style], [srcdoc]';
        return inside.flatMap((each) => [...document.querySelectorAll(each)])
          .flatMap((each) => [...each.querySelectorAll(bad)]).map((each) => each.outerHTML.slice(0, 120));
        """)
      #expect(strange == [], "\(place)")
      let handlers = try await browser.run(
        "return [...document.querySelectorAll('*')].filter((each) => [...each.attributes].some((one) => one.name.startsWith('on'))).length"
      )
      #expect(handlers == 0, "\(place)")
      let links = try await browser.run(
        """
        return [...document.querySelectorAll('.prose a')].filter((each) =>
          !['http:', 'https:', 'mailto:'].includes(each.protocol) || each.rel !== 'noopener noreferrer'
          || each.target !== '_blank' || each.username !== '').map((each) => each.outerHTML);
        """)
      #expect(links == [], "\(place)")
    }

    /// What must not have happened all the while: nothing was asked for elsewhere, and the policy had nothing to refuse.
    private static func checkLogs(_ browser: Browser, _ served: ServedStudio) async throws {
      let foreign = try await browser.requests().filter {
        !$0.hasPrefix(served.address) && !$0.hasPrefix("data:") && !$0.hasPrefix("about:")
      }
      #expect(foreign == [])
      #expect(try await browser.console() == [])
    }

    @Test("every payload is shown as the text it is, and nothing else happens") func payloads()
      async throws
    {
      let guidelines = Self.payloads.joined(separator: "\n\n")
      try await ServedStudio.run(items: Self.items(), guidelines: guidelines) { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            // What the browser itself asks for before any page is not the page's.
            _ = try await browser.requests()
            try await browser.join(served, "<img src=x onerror=window.pwned=1>")
            for turn in 0..<(Self.payloads.count / 2) {
              try await Self.check(browser, served, "rendered \(turn)")
              try await browser.press("r")
              let prompt = try await browser.text(of: "#prompt .raw")
              #expect(
                Self.payloads.contains { $0.filter(\.isLetter) == prompt.filter(\.isLetter) },
                "raw \(turn)")
              try await Self.check(browser, served, "raw \(turn)")
              try await browser.press("r")
              if turn == 0 {
                try await browser.press("c")
                try await browser.type("<img src=x onerror=window.pwned=1>")
                try await browser.press(Browser.Key.escape)
              }
              try await browser.judge(turn % 2 == 0 ? "1" : "2")
            }
            try await browser.until("document.body.dataset.rest === 'done'")
            try await Self.check(browser, served, "done")
            try await browser.open("\(served.address)/join/\(try await served.studio.hostLink())")
            try await browser.until("document.body.dataset.task || document.body.dataset.rest")
            try await browser.open("\(served.address)/results")
            try await browser.until("!document.getElementById('page').hidden")
            #expect(
              try await browser.text(of: "#people").contains("<img src=x onerror=window.pwned=1>"))
            try await Self.check(browser, served, "results")
            try await Self.checkLogs(browser, served)
          }
        }
      }
    }
  }
}
