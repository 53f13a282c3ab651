/// A report as one file: no network, no script, readable on a phone, in the dark and on paper.
package struct ReportPage: Sendable {
  /// What the page is about: the title of the window and the first heading.
  package var title: String
  /// One line under the heading.
  package var subtitle: String
  /// What stands between heading and end.
  package var body: HTML
  /// The last line: what made the page.
  package var footer: String

  package init(title: String, subtitle: String = "", body: HTML, footer: String) {
    self.title = title
    self.subtitle = subtitle
    self.body = body
    self.footer = footer
  }

  /// The document.
  package var text: String {
    let head = HTML(
      trusted: """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">

        """)
    let content: [HTML] = [
      head, .element("title", [:], HTML(title)), HTML(trusted: "\n<style>"), ReportStyle.sheet,
      HTML(trusted: "</style>\n</head>\n<body>\n"),
      .element(
        "header", [:],
        [
          .element("h1", [:], HTML(title)),
          subtitle.isEmpty ? .empty : .element("p", ["class": "subtitle"], HTML(subtitle)),
        ]),
      HTML(trusted: "\n"), .element("main", [:], body), HTML(trusted: "\n"),
      .element("footer", [:], HTML(footer)), HTML(trusted: "\n</body>\n</html>\n"),
    ]
    return HTML(content).markup
  }
}
