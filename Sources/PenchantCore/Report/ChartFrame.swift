/// What all charts with two axes share: the place of the plot, ticks, grid, and the figure around it.
///
/// Coordinates are those of an SVG whose width stands for the width of the page's column; the picture scales with it.
struct ChartFrame {
  static let width = 420.0
  static let height = 230.0

  let x: Axis
  let y: Axis
  var left = 46.0
  var right = 14.0
  var top = 10.0
  var bottom = 38.0

  init(x: Axis, y: Axis) {
    self.x = x
    self.y = y
    // The longest number on the left decides its margin: about 6.5 units a digit.
    let longest = y.ticks.map { y.label($0).count }.max() ?? 1
    left = max(30, 12 + 6.5 * Double(longest))
  }

  func across(_ value: Double) -> Double { left + x.position(value) * (Self.width - left - right) }
  func up(_ value: Double) -> Double {
    Self.height - bottom - y.position(value) * (Self.height - bottom - top)
  }

  /// Grid, ticks and the name of the horizontal axis.
  /// - Parameter ticks: numbers to write below; the axis' own unless a chart has better ones.
  func axes(xLabel: String, ticks: [(at: Double, text: String)]? = nil) -> HTML {
    var parts: [HTML] = []
    for tick in y.ticks {
      parts.append(SVG.line(left, up(tick), Self.width - right, up(tick), "axis"))
      parts.append(SVG.text(left - 6, up(tick) + 4, y.label(tick), anchor: .end))
    }
    let below = Self.height - bottom
    for (at, text) in ticks ?? x.ticks.map({ ($0, x.label($0)) }) {
      parts.append(SVG.line(across(at), below, across(at), below + 4, "axis"))
      parts.append(SVG.text(across(at), below + 16, text, anchor: .middle))
    }
    parts.append(
      SVG.text((left + Self.width - right) / 2, Self.height - 6, xLabel, anchor: .middle))
    return HTML(parts)
  }

  /// A dashed line across at a value, with its name.
  func rule(_ value: Double, _ label: String) -> HTML {
    guard y.lower <= value, value <= y.upper else { return .empty }
    return [
      SVG.line(left, up(value), Self.width - right, up(value), "rule"),
      SVG.text(Self.width - right - 2, up(value) - 4, label, anchor: .end),
    ]
  }

  /// The chart as a figure with caption and legend.
  /// - Parameters:
  ///   - description: what the picture shows, for those who do not see it.
  static func figure(
    _ title: String, remark: String = "", legend: HTML = .empty, description: String,
    height: Double = Self.height, _ content: HTML
  ) -> HTML {
    .element(
      "figure", [:],
      [
        .element(
          "figcaption", [:],
          [
            .strong(HTML(title)),
            remark.isEmpty ? .empty : .element("span", ["class": "remark"], HTML(remark)),
            legend,
          ]),
        .element(
          "svg",
          [
            "viewBox": "0 0 \(SVG.number(width)) \(SVG.number(height))", "role": "img",
            "aria-label": title + ". " + description,
          ], content),
      ])
  }
}

/// The few SVG elements that charts are drawn with.
enum SVG {
  enum Anchor: String { case start, middle, end }

  /// A coordinate: two decimals are a fiftieth of a pixel.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let rounded = (value * 100).rounded() / 100
    let text = rounded.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
  ) -> HTML {
    .element(
      "line",
      [
        "x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2), "class": style,
      ])
  }

  static func text(
    _ x: Double, _ y: Double, _ text: String, anchor: Anchor, style: String = ""
  ) -> HTML {
    .element(
      "text",
      ["x": number(x), "y": number(y), "text-anchor": anchor.rawValue, "class": style],
      HTML(text))
  }

  static func path(_ commands: String, _ style: String) -> HTML {
    .element("path", ["d": commands, "class": style])
  }

  static func rectangle(
    _ x: Double, _ y: Double, width: Double, height: Double, _ style: String
  ) -> HTML {
    .element(
      "rect",
      [
        "x": number(x), "y": number(y), "width": number(max(0, width)),
        "height": number(max(0, height)), "rx": "1.5", "class": style,
      ])
  }
}
