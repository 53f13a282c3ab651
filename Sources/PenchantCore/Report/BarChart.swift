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

  /// A letter takes about so much.
  private static let letter = 6.5
  private static let nameWidth = 150.0
  /// Letters of a name that fit beside its bar, and above it.
  ///
  /// Where one is longer than the first all stand above; longer than the second it loses its middle, for names often
  /// differ at their ends.
  private static let (beside, above) = (22, 60)

  private var namesAbove: Bool { bars.contains { $0.name.count > Self.beside } }

  private static func shortened(_ name: String) -> String {
    guard name.count > above else { return name }
    return "\(name.prefix(above / 2))…\(name.suffix(above / 2 - 1))"
  }

  package var html: HTML {
    let width = ChartFrame.width
    let ends = bars.flatMap { [$0.value] + ($0.interval.map { [$0.lower, $0.upper] } ?? []) }
    let axis = Axis(covering: ends + [0] + covering, count: 4)
    let texts = bars.map { $0.text ?? axis.label($0.value) }
    let left = namesAbove ? 4 : Self.nameWidth
    let right = 14 + Self.letter * Double(texts.map(\.count).max() ?? 0)
    func across(_ value: Double) -> Double { left + axis.position(value) * (width - left - right) }
    var parts: [HTML] = []
    let rowHeight = namesAbove ? 38.0 : 26.0
    let bottom = Double(bars.count) * rowHeight + 6
    for tick in axis.ticks { parts.append(SVG.line(across(tick), 0, across(tick), bottom, "axis")) }
    for (index, bar) in bars.enumerated() where bar.value.isFinite {
      let top = Double(index) * rowHeight
      let middle = top + rowHeight - 13
      let name = Self.shortened(bar.name)
      parts.append(
        namesAbove
          ? SVG.text(left, top + 13, name, anchor: .start, style: "label")
          : SVG.text(left - 8, middle + 4, name, anchor: .end, style: "label"))
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
