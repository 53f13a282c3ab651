/// Amounts by name, as lying bars with their figures written beside them.
package struct BarChart: Sendable {
  package struct Bar: Sendable {
    package var name: String
    package var value: Double
    /// The figure as it is to be read; the axis' own spelling if nil.
    package var text: String?
    package var interval: Interval?

    package init(_ name: String, _ value: Double, text: String? = nil, interval: Interval? = nil) {
      self.name = name
      self.value = value
      self.text = text
      self.interval = interval
    }
  }

  package var title: String
  package var remark: String
  package var bars: [Bar]
  /// What the axis must cover besides 0 and the bars.
  package var covering: [Double]

  package init(_ title: String, remark: String = "", bars: [Bar], covering: [Double] = []) {
    self.title = title
    self.remark = remark
    self.bars = bars
    self.covering = covering
  }

  private static let rowHeight = 26.0
  private static let nameWidth = 150.0
  /// Letters of a name that fit; longer names end in an ellipsis.
  private static let longestName = 22

  package var html: HTML {
    let width = ChartFrame.width
    let ends = bars.flatMap { [$0.value] + ($0.interval.map { [$0.lower, $0.upper] } ?? []) }
    let axis = Axis(covering: ends + [0] + covering, count: 4)
    let texts = bars.map { $0.text ?? axis.label($0.value) }
    let right = 14 + 6.5 * Double(texts.map(\.count).max() ?? 0)
    func across(_ value: Double) -> Double {
      Self.nameWidth + axis.position(value) * (width - Self.nameWidth - right)
    }
    var parts: [HTML] = []
    let bottom = Double(bars.count) * Self.rowHeight + 6
    for tick in axis.ticks { parts.append(SVG.line(across(tick), 0, across(tick), bottom, "axis")) }
    for (index, bar) in bars.enumerated() where bar.value.isFinite {
      let middle = (Double(index) + 0.5) * Self.rowHeight
      let name =
        bar.name.count > Self.longestName
        ? bar.name.prefix(Self.longestName - 1) + "…" : bar.name[...]
      parts.append(
        SVG.text(Self.nameWidth - 8, middle + 4, String(name), anchor: .end, style: "label"))
      parts.append(
        SVG.rectangle(
          min(across(0), across(bar.value)), middle - 7,
          width: abs(across(bar.value) - across(0)), height: 14, "f0"))
      if let interval = bar.interval {
        parts.append(
          SVG.line(across(interval.lower), middle, across(interval.upper), middle, "whisker"))
      }
      let end = max(across(bar.value), across(0), bar.interval.map { across($0.upper) } ?? 0)
      parts.append(SVG.text(end + 5, middle + 4, texts[index], anchor: .start, style: "label"))
    }
    let described = zip(bars, texts).map { "\($0.name): \($1)." }.joined(separator: " ")
    return ChartFrame.figure(
      title, remark: remark, description: bars.isEmpty ? "No figures." : described,
      height: bottom + 4, HTML(parts))
  }
}
