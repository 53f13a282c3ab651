/// Curves over steps: each series with its last value in the legend, so that nothing has to be pointed at.
package struct LineChart: Sendable {
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
    /// Ends of the interval around `y`, where it has one.
    package var interval: Interval?

    package init(_ x: Double, _ y: Double, _ interval: Interval? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  package struct Series: Sendable {
    package var name: String
    /// Ascending in x; a value that is not finite breaks the line.
    package var points: [Point]
    /// Draws the mean over a window of points, the points themselves faintly behind it.
    package var smooths: Bool

    package init(_ name: String, _ points: [Point], smooths: Bool = false) {
      self.name = name
      self.points = points
      self.smooths = smooths
    }

    /// Points in one mean; 1 where the points are drawn as they are.
    var window: Int { smooths && points.count >= LineChart.fewestToSmooth ? points.count / 20 : 1 }

    /// What is drawn as the curve.
    var curve: [Point] { window > 1 ? LineChart.smoothed(points, window: window) : points }
  }

  package var title: String
  /// What the figures are, in a few words.
  package var remark: String
  package var xLabel: String
  package var series: [Series]
  /// Values worth a line of their own, with their names.
  package var rules: [(value: Double, label: String)]
  /// What the vertical axis must cover besides the points.
  package var covering: [Double]

  package init(
    _ title: String, remark: String = "", xLabel: String = "step", series: [Series],
    rules: [(value: Double, label: String)] = [], covering: [Double] = []
  ) {
    self.title = title
    self.remark = remark
    self.xLabel = xLabel
    self.series = series.filter { !$0.points.isEmpty }
    self.rules = rules
    self.covering = covering
  }

  /// Points drawn of one series at most; more lie within one pixel.
  static let drawn = 500
  /// Series with fewer points are not smoothed.
  static let fewestToSmooth = 60

  package var html: HTML {
    let x = Axis(covering: series.lazy.flatMap { $0.points.lazy.map(\.x) } + singleStepOrigin)
    let values = series.flatMap { series in
      series.points.flatMap { point in
        [point.y] + (point.interval.map { [$0.lower, $0.upper] } ?? [])
      }
    }
    let frame = ChartFrame(x: x, y: Axis(covering: values + covering))
    var parts = [frame.axes(xLabel: xLabel)]
    var window = 1
    for (index, series) in series.enumerated() {
      let style = "s\(index % 5)"
      parts.append(Self.band(series.points, frame, "band f\(index % 5)"))
      window = max(window, series.window)
      if series.window > 1 {
        parts.append(Self.path(Self.thinned(series.points), frame, "raw " + style))
      }
      parts.append(Self.path(Self.thinned(series.curve), frame, style))
      if series.points.count <= 30 { parts.append(Self.dots(series.points, frame, index % 5)) }
    }
    for rule in rules { parts.append(frame.rule(rule.value, rule.label)) }
    let smoothing = window > 1 ? "line: mean of \(window) steps, faint: each step" : ""
    return ChartFrame.figure(
      title, remark: [remark, smoothing].filter { !$0.isEmpty }.joined(separator: "; "),
      legend: legend, description: description, HTML(parts))
  }

  /// A single step stands where it does in the run: on an axis from 0.
  private var singleStepOrigin: [Double] {
    let steps = series.lazy.flatMap { $0.points.lazy.map(\.x) }
    guard let first = steps.first, first > 0, steps.allSatisfy({ $0 == first }) else { return [] }
    return [0]
  }

  /// The last figures, in words.
  private var description: String {
    guard !series.isEmpty else { return "No figures." }
    return series.map { series in
      let first = series.curve.first.map { Self.value($0.y) } ?? "—"
      let last = series.curve.last.map { Self.value($0.y) } ?? "—"
      return "\(series.name): from \(first) to \(last)."
    }.joined(separator: " ")
  }

  private var legend: HTML {
    .element(
      "ul", ["class": "legend"],
      HTML(
        series.enumerated().map { index, series in
          .element(
            "li", [:],
            [
              .element(
                "svg", ["viewBox": "0 0 24 8", "aria-hidden": "true"],
                SVG.path("M1 4H23", "s\(index % 5)")),
              HTML(series.name), " ",
              .element("b", [:], HTML(series.curve.last.map { Self.value($0.y) } ?? "—")),
            ])
        }))
  }

  private static func value(_ value: Double) -> String {
    if abs(value) >= 1000 { return NumberText.short(value).replacingMinus }
    if value != 0, abs(value) < 0.001 { return NumberText.significant(value) }
    return NumberText.fixed(value, abs(value) < 10 ? 3 : 1).replacingMinus
  }

  // MARK: - Shapes

  private static func path(_ points: [Point], _ frame: ChartFrame, _ style: String) -> HTML {
    var commands = ""
    var isDown = false
    for point in points {
      guard point.x.isFinite, point.y.isFinite else {
        isDown = false
        continue
      }
      commands +=
        (isDown ? "L" : "M") + SVG.number(frame.across(point.x)) + " "
        + SVG.number(frame.up(point.y))
      isDown = true
    }
    return commands.isEmpty ? .empty : SVG.path(commands, style)
  }

  private static func dots(_ points: [Point], _ frame: ChartFrame, _ color: Int) -> HTML {
    HTML(
      points.filter { $0.x.isFinite && $0.y.isFinite }.map { point in
        .element(
          "circle",
          [
            "cx": SVG.number(frame.across(point.x)), "cy": SVG.number(frame.up(point.y)),
            "r": "2.6", "class": "f\(color)",
          ])
      })
  }

  private static func band(_ points: [Point], _ frame: ChartFrame, _ style: String) -> HTML {
    let known = points.compactMap { point in point.interval.map { (point.x, $0) } }
    guard known.count > 1 else {
      return HTML(
        known.map { x, interval in
          SVG.line(
            frame.across(x), frame.up(interval.lower), frame.across(x), frame.up(interval.upper),
            "whisker")
        })
    }
    let there = known.map { "\(SVG.number(frame.across($0))) \(SVG.number(frame.up($1.upper)))" }
    let back = known.reversed().map {
      "\(SVG.number(frame.across($0))) \(SVG.number(frame.up($1.lower)))"
    }
    return SVG.path("M" + (there + back).joined(separator: "L") + "Z", style)
  }

  /// At most ``drawn`` points: of each stretch the least and the greatest, so that no spike is lost.
  static func thinned(_ points: [Point]) -> [Point] {
    guard points.count > drawn else { return points }
    let stretches = drawn / 2
    return (0..<stretches).flatMap { index -> [Point] in
      let part = points[
        index * points.count / stretches..<(index + 1) * points.count / stretches]
      // A number that is none stays, and breaks the line.
      if let broken = part.first(where: { !$0.y.isFinite }) { return [broken] }
      guard let least = part.min(by: { $0.y < $1.y }), let most = part.max(by: { $0.y < $1.y })
      else { return [] }
      return least.x <= most.x ? [least, most] : [most, least]
    }
  }

  /// The mean of each point and those before it within a window.
  static func smoothed(_ points: [Point], window: Int) -> [Point] {
    points.indices.map { index in
      let part = points[max(0, index - max(1, window) + 1)...index].filter { $0.y.isFinite }
      let mean = part.reduce(0) { $0 + $1.y } / Double(max(1, part.count))
      return Point(points[index].x, part.isEmpty ? .nan : mean)
    }
  }
}
