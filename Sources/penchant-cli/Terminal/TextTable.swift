/// Rows of cells in aligned columns.
struct TextTable {
  enum Alignment {
    case left, right
  }

  private let alignments: [Alignment]
  private var rows: [[String]] = []
  private let indent: String

  init(_ alignments: [Alignment], indent: Int = 2) {
    self.alignments = alignments
    self.indent = String(repeating: " ", count: indent)
  }

  mutating func add(_ cells: String...) { rows.append(cells) }

  mutating func add(cells: [String]) { rows.append(cells) }

  /// The rows with line ends; the last column is not padded.
  var text: String { text(width: nil) }

  /// The rows with line ends, the last column broken where it passes `width` and is text.
  func text(width: Int?) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = indent
      for (column, cell) in row.enumerated() {
        let gap = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
        let isLast = column == row.count - 1
        switch column < alignments.count ? alignments[column] : .left {
        case .left where isLast:
          line = TextWrapping.hanging(line, cell, width: width).joined(separator: "\n")
        case .left: line += cell + gap
        case .right: line += gap + cell
        }
        if !isLast { line += "  " }
      }
      return line + "\n"
    }.joined()
  }
}

/// How many columns a terminal gives a text.
enum DisplayWidth {
  /// ANSI sequences count nothing, wide East Asian characters and emoji two, marks nothing.
  static func of(_ text: String) -> Int {
    var width = 0
    var inEscape = false
    for scalar in text.unicodeScalars {
      if inEscape {
        inEscape = !(scalar.properties.isAlphabetic && scalar.isASCII)
      } else if scalar == "\u{1b}" {
        inEscape = true
      } else {
        width += Self.of(scalar)
      }
    }
    return width
  }

  static func of(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
      0xa000...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }
}
