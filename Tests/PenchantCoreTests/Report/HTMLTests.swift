import PenchantCore
import Testing

@Suite struct HTMLTests {
  // What people have put into names, prompts and comments of other tools.
  private static let attacks = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
    "javascript:alert(1)", "</textarea></title></style><svg/onload=alert(1)>", "&lt;script&gt;",
    "\u{0}<\u{0}script>", "<!--", "]]>", "{{7*7}}", "\u{202e}gnp.exe",
  ]

  @Test("text comes out as text, in content, attributes and literals", arguments: attacks)
  func escapes(text: String) {
    for piece in [
      HTML(text), HTML("\(text)"), .quote(text), .code(text),
      .element("p", ["title": text], HTML(text)), .link(to: text, HTML(text)),
    ] {
      #expect(Markup.defect(piece.markup) == nil)
      for tag in ["<script", "<img", "<svg", "<!--"] { #expect(!piece.markup.contains(tag)) }
      #expect(!piece.markup.contains("\u{0}"))
    }
    let attribute = HTML.element("p", ["title": text]).markup
    #expect(attribute.count { $0 == "\"" } == 2 && !attribute.contains("'"))
  }

  @Test("each of the five characters has its name, others stand as they are") func spelling() {
    #expect(
      HTML("a & b < c > \"d\" 'e' ü 🙂").markup
        == "a &amp; b &lt; c &gt; &quot;d&quot; &#39;e&#39; ü 🙂")
    #expect(HTML("tab\tline\nnull\u{0}bell\u{7}").markup == "tab\tline\nnull\u{fffd}bell\u{fffd}")
  }

  @Test("a link stays on the reader's disk") func links() {
    #expect(
      HTML.link(to: "run-1/report.html", "r").markup
        == "<a href=\"./run-1/report.html\">r</a>")
    #expect(
      HTML.link(to: "//evil.example/x", "r").markup
        == "<a href=\"./evil.example/x\">r</a>")
    #expect(
      HTML.link(to: "javascript:alert(1)", "r").markup
        == "<a href=\"./javascript%3Aalert%281%29\">r</a>")
    #expect(HTML.link(to: "a b/ü", "r").markup == "<a href=\"./a%20b/%C3%BC\">r</a>")
  }

  @Test("empty lines are shown, and counted where they are many") func emptyLines() {
    func quoted(_ text: String) -> String { HTML.quote(text).markup }
    let (begin, end) = ("<div class=\"text\" dir=\"auto\">", "</div>")
    for text in ["", "one", "one\ntwo", "\n\none\n\n\ntwo\n", "\n"] {
      #expect(quoted(text) == begin + text + end)
    }
    func many(_ count: Int) -> String { "<span class=\"detail\">[\(count) empty lines]</span>" }
    let gap = String(repeating: "\n", count: 28)
    #expect(quoted(gap + "end") == begin + many(28) + "\nend" + end)
    #expect(quoted("a\n  \n\t\n\n\n<b>") == begin + "a\n" + many(4) + "\n&lt;b&gt;" + end)
  }

  @Test("an option stays in one line") func options() {
    #expect(HTML.code("--learning-rate").markup == "<code class=\"option\">--learning-rate</code>")
    #expect(HTML.code("-log x").markup == "<code>-log x</code>")
    #expect(HTML.code("--a b").markup == "<code>--a b</code>")
    #expect(
      ReportPart.command("penchant chat --model 'a  b'").markup
        == "<pre class=\"command\"><code>penchant chat <span class=\"option\">--model</span> "
        + "&#39;a  b&#39;</code></pre>")
  }

  @Test("pieces are put together without joints") func pieces() {
    let whole: HTML = ["one ", .strong("two"), .element("br"), "three"]
    #expect(whole.markup == "one <strong>two</strong><br>three")
    #expect(HTML.empty.isEmpty && !whole.isEmpty)
  }
}

@Suite struct ReportPageTests {
  private let page = ReportPage(
    title: "<Run> & co", subtitle: "x < y",
    body: [
      ReportPart.section("Numbers", id: "numbers", ReportPart.tiles([.init("n", "1", "of <2>")])),
      ReportPart.table(
        caption: "rows", [.text("name"), .number("value")], [["<a>", "1"], ["b", "2"]],
        emphasised: 1),
      ReportPart.callout(.problem, "no & yes", ReportPart.paragraph("why")),
      ReportPart.facts([(name: "<k>", value: .code("--x <y>"))]),
      ReportPart.details("more", .quote("</details>")), ReportPart.command("penchant 'a b'"),
    ], footer: "made by <us>")

  @Test("is one well-formed file that loads nothing and runs nothing") func document() {
    let text = page.text
    #expect(Markup.defect(text) == nil)
    #expect(text.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
    #expect(text.contains("<title>&lt;Run&gt; &amp; co</title>"))
    for forbidden in ["http://", "https://", "<script", "@import", "url("] {
      #expect(!text.contains(forbidden), "\(forbidden)")
    }
    #expect(text.contains("default-src 'none'"))
    #expect(text.contains("prefers-color-scheme: dark") && text.contains("@media print"))
  }

  @Test("a row that stands out, cells that are numbers, headings that can be reached") func parts()
  {
    let text = page.text
    #expect(text.contains("<tr class=\"best\"><td>b</td><td class=\"number\">2</td></tr>"))
    #expect(text.contains("<section id=\"numbers\" aria-labelledby=\"numbers-heading\">"))
    // What the colour of a callout says, a word says too.
    #expect(text.contains("<span class=\"tone\">Problem</span>no &amp; yes"))
  }
}
