/// Things by two of their figures, each with its name beside it.
package struct ScatterChart: Sendable {
  package struct Mark: Sendable {
    package var name: String
    package var x: Double
    package var y: Double
    /// The interval of `y`.
    package var interval: Interval?
    /// Which colour and, through the name, which group; 0…4.
    package var group: Int

    package init(_ name: String, x: Double, y: Double, interval: Interval? = nil, group: Int = 0) {
      self.name = name
      self.x = x
      self.y = y
      self.interval = interval
      self.group = group
    }
  }

  package var title: String
  package var remark: String
  package var xLabel: String
  package var marks: [Mark]
  package var rules: [(value: Double, label: String)]

  package init(
    _ title: String, remark: String = "", xLabel: String, marks: [Mark],
    rules: [(value: Double, label: String)] = []
  ) {
    self.title = title
    self.remark = remark
    self.xLabel = xLabel
    self.marks = marks.filter { $0.x.isFinite && $0.y.isFinite }
    self.rules = rules
  }

  package var html: HTML {
    let ends = marks.flatMap { [$0.y] + ($0.interval.map { [$0.lower, $0.upper] } ?? []) }
    let frame = ChartFrame(
      x: Axis(covering: marks.map(\.x)), y: Axis(covering: ends + rules.map(\.value)))
    var parts = [frame.axes(xLabel: xLabel)]
    for rule in rules { parts.append(frame.rule(rule.value, rule.label)) }
    for mark in marks {
      let (x, y) = (frame.across(mark.x), frame.up(mark.y))
      if let interval = mark.interval {
        parts.append(SVG.line(x, frame.up(interval.lower), x, frame.up(interval.upper), "whisker"))
      }
      parts.append(
        .element(
          "circle",
          ["cx": SVG.number(x), "cy": SVG.number(y), "r": "4", "class": "f\(mark.group % 5)"]))
    }
    parts += names(frame)
    let described = marks.map {
      "\($0.name): \(NumberText.significant($0.x)), \(NumberText.significant($0.y))."
    }
    return ChartFrame.figure(
      title, remark: remark,
      description: marks.isEmpty ? "No figures." : described.joined(separator: " "), HTML(parts))
  }

  private static let letter = 6.2

  /// Names beside their marks, moved down where they would lie on each other, on a mark or on a rule.
  private func names(_ frame: ChartFrame) -> [HTML] {
    var placed: [(x: Double, y: Double, width: Double)] = marks.map {
      (frame.across($0.x) - 4, frame.up($0.y) + 4, 8)
    }
    for rule in rules {
      placed.append((0, frame.up(rule.value), ChartFrame.width))
      let width = Self.letter * Double(rule.label.count)
      placed.append((ChartFrame.width - frame.right - width, frame.up(rule.value) - 4, width))
    }
    let order = marks.sorted { frame.up($0.y) < frame.up($1.y) }
    return order.filter { !$0.name.isEmpty }.map { mark in
      let width = Self.letter * Double(mark.name.count)
      let isLeft = frame.across(mark.x) + 8 + width > ChartFrame.width
      let x = frame.across(mark.x) + (isLeft ? -8 - width : 8)
      var y = frame.up(mark.y) + 4
      while placed.contains(where: { abs($0.y - y) < 12 && $0.x < x + width && x < $0.x + $0.width }
      ) { y += 3 }
      placed.append((x, y, width))
      return SVG.text(
        isLeft ? x + width : x, y, mark.name, anchor: isLeft ? .end : .start, style: "label")
    }
  }
}
