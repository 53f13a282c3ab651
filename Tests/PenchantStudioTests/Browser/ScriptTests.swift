import PenchantCore
import PenchantStudio
import Testing

extension InBrowserTests {
  /// The pages' own modules, asked in the browser that runs them.
  @Suite("The pages' scripts") struct ScriptTests {
    /// Markdown and what it must become, as the text of a tree: `p(a strong(b))`.
    private static let markdown: [(String, String)] = [
      ("a **b *c* d** e", "p(a strong(b em(c) d) e)"),
      ("***x***", "p(em(strong(x)))"),
      ("snake_case_name and 2*3*4", "p(snake_case_name and 2em(3)4)"),
      ("**a*b**", "p(strong(a*b))"),
      ("*a _b* c_", "p(em(a _b) c_)"),
      ("`a``b` `` ` ``", "p(code(a``b) code(`))"),
      ("one\ntwo", "p(one br() two)"),
      ("\\*no\\* &lt;b&gt; &#60; &unknown;", "p(*no* <b> < &unknown;)"),
      ("<b>bold</b>", "p(<b>bold</b>)"),
      ("~~gone~~ ~kept~", "p(s(gone) ~kept~)"),
      ("[t](https://a.b \"title\")", "p(a(t) span( (https://a.b)))"),
      ("https://a.b/c_(d). Yes", "p(a(https://a.b/c_(d)) . Yes)"),
      ("[t](javascript:x)", "p(t span( (javascript:x)))"),
      (
        "[a [b](https://c.d) e](https://f.g)",
        "p([a a(b) span( (https://c.d)) e]( a(https://f.g) ))"
      ),
      ("![alt](https://a.b/i.png)", "p(span(span(image) alt span( (https://a.b/i.png))))"),
      ("# A #\n\n### B", "h3(A) h5(B)"),
      ("A\n===\nb", "h3(A) p(b)"),
      ("- a\n- b\n  - c\n\n1. d", "ul(li(a) li(b ul(li(c)))) ol(li(d))"),
      ("3. a\n4. b", "ol(li(a) li(b))"),
      ("- a\n\n- b", "ul(li(p(a)) li(p(b)))"),
      ("- [x] done\n- [ ] open", "ul(li(span(☑ ) done) li(span(☐ ) open))"),
      ("> q\nlazy\n\nout", "blockquote(p(q br() lazy)) p(out)"),
      ("```swift\nlet a = *b*\n```\nafter", "pre(code(let a = *b*)) p(after)"),
      ("```\nnever closed", "pre(code(never closed))"),
      ("    indented", "pre(code(indented))"),
      (
        "| a | b |\n|---|--:|\n| 1 | `x\\|y` |",
        "div(table(thead(tr(th(a) th(b))) tbody(tr(td(1) td(code(x|y))))))"
      ),
      ("a | b", "p(a | b)"),
      ("---\n***", "hr() hr()"),
      ("", ""),
    ]

    private static let tree = """
      const { rendered } = await import('/assets/markdown-view.js');
      const shown = (node) => node.nodeType === 3 ? node.data
        : `${node.localName}(${[...node.childNodes].map(shown).join('\\u0001')})`;
      """

    @Test("Markdown becomes these elements") func markdown() async throws {
      try await ServedStudio.run { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.open(served.address)
            for (text, expected) in Self.markdown {
              let found =
                try await browser.await(
                  """
                  (async () => { \(Self.tree)
                    return rendered(\(JSON.string(text).text()), 3).map(shown).join(' '); })()
                  """
                ).string ?? ""
              // Neighbours are set apart in the expected text where it reads better so.
              let plain = { (text: String) in text.filter { $0 != " " && $0 != "\u{1}" } }
              #expect(plain(found) == plain(expected), "\(text)")
            }
          }
        }
      }
    }

    @Test("Markdown that was made to be slow is not") func hostile() async throws {
      try await ServedStudio.run { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.open(served.address)
            let texts = [
              "'*a '.repeat(n)", "'a* '.repeat(n)", "'*_'.repeat(n)", "'['.repeat(n)",
              "'[a]('.repeat(n)", "'`'.repeat(n)", "'>'.repeat(n)", "'- '.repeat(n)",
              "'|'.repeat(n) + '\\n' + '|-'.repeat(n)", "'http://'.repeat(n)",
              "'**a *b '.repeat(n)",
              "'**'.repeat(n) + 'a' + '**'.repeat(n)", "'![['.repeat(n)", "'<'.repeat(n)",
              "'\\\\'.repeat(n)", "'&'.repeat(n)", "'# '.repeat(n)", "'a\\n'.repeat(n)",
              "Array.from({ length: 300 }, (_, i) => ' '.repeat(i) + '- a').join('\\n')",
            ]
            for text in texts {
              let milliseconds =
                try await browser.await(
                  """
                  (async () => { const { blocks } = await import('/assets/markdown-blocks.js');
                    const n = 30000; const text = \(text); const start = performance.now();
                    blocks(text); return performance.now() - start; })()
                  """
                ).double ?? .infinity
              #expect(milliseconds < 1500, "\(text)")
            }
          }
        }
      }
    }

    @Test("only addresses that a person could have typed can be clicked") func addresses()
      async throws
    {
      try await ServedStudio.run { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.open(served.address)
            let answers = try await browser.await(
              """
              (async () => { const { clickable } = await import('/assets/markdown-view.js');
                return ['https://a.b/c?d#e', 'HTTP://A.B', 'mailto:a@b.c', 'javascript:x', 'JaVaScRiPt:x',
                  ' javascript:x', 'java\\nscript:x', 'data:text/html,x', 'vbscript:x', 'file:///x', 'blob:x',
                  '//a.b', '/c', 'c', '#d', 'http:a.b', 'https://u@a.b', 'https://u:p@a.b', 'https:// a.b',
                  'https://a.b\\u202Egpj', 'https://', 'ftp://a.b'].map(clickable); })()
              """)
            #expect(
              answers
                == .array(
                  ["https://a.b/c?d#e", "http://a.b/", "mailto:a@b.c"]
                    + Array(repeating: JSON.null, count: 19)))
          }
        }
      }
    }

    @Test("an order of answers obeys its rules") func order() async throws {
      try await ServedStudio.run { served in
        try await ChromeDriver.run { driver in
          try await driver.browse { browser in
            try await browser.open(served.address)
            let tiers = try await browser.await(
              """
              (async () => { const { Order } = await import('/assets/order.js');
                const after = (...steps) => {
                  const order = new Order(4, [[0], [1], [2]]);
                  for (const [name, ...rest] of steps) order[name](...rest);
                  return order.tiers;
                };
                return [
                  after(['place', 3]), after(['place', 1]), after(['join', 3]), after(['join', 0]),
                  after(['move', 1, -1]), after(['move', 1, -1], ['move', 1, -1]),
                  after(['move', 0, -1]), after(['move', 2, 1]), after(['move', 3, 1]),
                  after(['putInto', 3, 0]), after(['putInto', 0, 0]), after(['putInto', 0, 2]),
                  after(['putBefore', 2, 0]), after(['putBefore', 0, 3]), after(['putBefore', 1, 1]),
                  after(['putBefore', 1, 2]), after(['putBefore', 3, 1]), after(['merge', 0]),
                  after(['merge', 2]), after(['merge', 0], ['merge', 0]),
                ]; })()
              """)
            #expect(
              tiers
                == [
                  [[0], [1], [2], [3]], [[0], [2]], [[0], [1], [2, 3]], [[1], [0, 2]],
                  [[0, 1], [2]], [[1], [0], [2]],
                  [[0], [1], [2]], [[0], [1], [2]], [[0], [1], [2]],
                  [[0, 3], [1], [2]], [[0], [1], [2]], [[1], [0, 2]],
                  [[2], [0], [1]], [[1], [2], [0]], [[0], [1], [2]],
                  [[0], [1], [2]], [[0], [3], [1], [2]], [[0, 1], [2]],
                  [[0], [1], [2]], [[0, 1, 2]],
                ])
          }
        }
      }
    }
  }
}
