/// The pieces that reports are put together from.
package enum ReportPart {
  /// How much a callout asks for.
  package enum Tone: String, Sendable, CaseIterable {
    case good, note, warning, problem

    /// The word that says it where there is no colour.
    var word: String {
      switch self {
      case .good: "Good"
      case .note: "Note"
      case .warning: "Warning"
      case .problem: "Problem"
      }
    }
  }

  /// A part of the page with its heading.
  package static func section(_ title: String, id: StaticString, _ content: HTML) -> HTML {
    .element(
      "section", ["id": "\(id)", "aria-labelledby": "\(id)-heading"],
      [.element("h2", ["id": "\(id)-heading"], HTML(title)), content])
  }

  package static func paragraph(_ content: HTML) -> HTML { .element("p", [:], content) }

  /// A remark, with the word that names its tone.
  package static func callout(_ tone: Tone, _ title: HTML, _ content: HTML = .empty) -> HTML {
    .element(
      "aside", ["class": "callout \(tone.rawValue)", "role": "note"],
      [
        .element(
          "p", ["class": "callout-title"],
          [.element("span", ["class": "tone"], HTML(tone.word)), title]),
        content.isEmpty ? .empty : .element("div", [:], content),
      ])
  }

  /// A figure that stands for itself.
  package struct Tile: Sendable {
    package var name: String
    package var value: String
    package var detail: String

    package init(_ name: String, _ value: String, _ detail: String = "") {
      self.name = name
      self.value = value
      self.detail = detail
    }
  }

  /// Figures side by side.
  package static func tiles(_ tiles: [Tile]) -> HTML {
    .element(
      "dl", ["class": "tiles"],
      HTML(
        tiles.map { tile in
          .element(
            "div", [:],
            [
              .element("dt", [:], HTML(tile.name)), .element("dd", [:], HTML(tile.value)),
              tile.detail.isEmpty
                ? .empty : .element("dd", ["class": "detail"], HTML(tile.detail)),
            ])
        }))
  }

  /// Names and what they are.
  package static func facts(_ facts: [(name: String, value: HTML)]) -> HTML {
    .element(
      "dl", ["class": "facts"],
      HTML(
        facts.map {
          [.element("dt", [:], HTML($0.name)), .element("dd", [:], $0.value)]
        }))
  }

  /// A column of a table.
  package enum Column: Sendable {
    case text(String)
    /// Right-aligned, digits of one width.
    case number(String)

    var title: String {
      switch self {
      case .text(let title), .number(let title): title
      }
    }

    var isNumber: Bool {
      if case .number = self { true } else { false }
    }
  }

  /// A table that scrolls by itself where it is too wide.
  /// - Parameters:
  ///   - caption: what the rows are; read out first by screen readers.
  ///   - emphasised: the row that stands out, if any.
  package static func table(
    caption: HTML, _ columns: [Column], _ rows: [[HTML]], emphasised: Int? = nil
  ) -> HTML {
    func attributes(_ column: Column) -> KeyValuePairs<StaticString, String> {
      column.isNumber ? ["class": "number"] : [:]
    }
    let head = HTML(
      columns.map { column in
        column.isNumber
          ? .element("th", ["scope": "col", "class": "number"], HTML(column.title))
          : .element("th", ["scope": "col"], HTML(column.title))
      })
    let body = HTML(
      rows.enumerated().map { index, row in
        precondition(
          row.count == columns.count,
          "ReportPart.table: \(row.count) cells in \(columns.count) columns")
        let cells = HTML(zip(columns, row).map { .element("td", attributes($0), $1) })
        return index == emphasised
          ? .element("tr", ["class": "best"], cells) : .element("tr", [:], cells)
      })
    return .element(
      "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "table"],
      .element(
        "table", [:],
        [
          caption.isEmpty ? .empty : .element("caption", [:], .element("span", [:], caption)),
          .element("thead", [:], .element("tr", [:], head)), .element("tbody", [:], body),
        ]))
  }

  /// Something that opens when asked to; open on paper.
  package static func details(_ summary: HTML, _ content: HTML, isOpen: Bool = false) -> HTML {
    let inside: HTML = [.element("summary", [:], summary), content]
    return isOpen
      ? .element("details", ["open": ""], inside) : .element("details", [:], inside)
  }

  /// A command to type; its lines break between words and not inside an option.
  package static func command(_ text: String) -> HTML {
    var pieces: [HTML] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !pieces.isEmpty { pieces.append(" ") }
      let shown = HTML(String(word))
      pieces.append(
        word.hasPrefix("--") ? .element("span", ["class": "option"], shown) : shown)
    }
    return .element("pre", ["class": "command"], .element("code", [:], HTML(pieces)))
  }

  /// Charts side by side, as many as fit.
  package static func grid(_ charts: [HTML]) -> HTML {
    .element("div", ["class": "grid"], HTML(charts))
  }
}
