import PenchantCore
import Testing

@Suite struct AxisTests {
  @Test(
    "ends on round numbers around what it must cover",
    arguments: [
      ([0.2, 0.7], [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), ([0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1]),
      ([-3, 14], [-5, 0, 5, 10, 15]), ([1, 97], [0, 20, 40, 60, 80, 100]),
    ] as [([Double], [Double])])
  func round(values: [Double], ticks: [Double]) {
    let axis = Axis(covering: values)
    #expect(axis.ticks.count == ticks.count)
    for (found, expected) in zip(axis.ticks, ticks) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test(
    "takes any numbers",
    arguments: [
      [], [.nan], [.infinity, -.infinity], [5], [0, 0], [1e300, -1e300], [1e-300, 2e-300],
      [1, 1 + 1e-15], [-1e-5, 1e-5], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude],
    ] as [[Double]])
  func anything(values: [Double]) {
    let axis = Axis(covering: values)
    #expect(axis.lower < axis.upper && axis.lower.isFinite && axis.upper.isFinite)
    #expect((2...30).contains(axis.ticks.count))
    for value in values where value.isFinite {
      #expect((-1e-9...1 + 1e-9).contains(axis.position(value)))
    }
    for tick in axis.ticks { #expect(!axis.label(tick).isEmpty) }
  }

  @Test("writes as many decimals as it needs") func labels() {
    func labels(_ values: [Double]) -> [String] {
      let axis = Axis(covering: values)
      return axis.ticks.map(axis.label)
    }
    #expect(labels([0, 1]) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels([-0.02, 0.02]) == ["−0.02", "−0.01", "0", "0.01", "0.02"])
    #expect(labels([0, 5e-5]) == ["0", "1e-05", "2e-05", "3e-05", "4e-05", "5e-05"])
    #expect(labels([0, 40_000]) == ["0", "10.0k", "20.0k", "30.0k", "40.0k"])
  }
}

@Suite struct ChartTests {
  private func points(_ count: Int, _ value: (Int) -> Double) -> [LineChart.Point] {
    (0..<count).map { LineChart.Point(Double($0 + 1), value($0)) }
  }

  @Test("a single step stands where it does in the run") func single() {
    let markup = LineChart("s", series: [.init("s", [.init(48, 1)])]).html.markup
    #expect(markup.contains(">50<") && !markup.contains(">36<") && !markup.contains(">44<"))
  }

  @Test("every chart is well-formed, has a description, and takes no figures at all") func whole() {
    let charts = [
      LineChart("a <b>", series: [.init("s <1>", points(3) { Double($0) })]).html,
      LineChart("none", series: [.init("s", [])]).html,
      BarChart(
        "bars", bars: [.init("<x>", 1), .init("y", -2, interval: .init(lower: -3, upper: -1))]
      )
      .html, BarChart("none", bars: []).html,
      ScatterChart("marks", xLabel: "x", marks: [.init("<m>", x: 1, y: 2), .init("", x: 1, y: 2)])
        .html, ScatterChart("none", xLabel: "x", marks: []).html,
      Histogram("values", values: [1, 2, .nan], xLabel: "v").html,
      Histogram("none", values: [], xLabel: "v").html,
    ]
    for chart in charts {
      #expect(Markup.defect(chart.markup) == nil)
      #expect(chart.markup.contains("role=\"img\"") && chart.markup.contains("aria-label=\""))
      #expect(!chart.markup.contains("nan") && !chart.markup.contains("inf"))
    }
    #expect(
      charts[0].markup.contains("aria-label=\"a &lt;b&gt;. s &lt;1&gt;: from 0.000 to 2.000.\""))
    #expect(charts[1].markup.contains("No figures."))
  }

  @Test("a value that is none breaks the line") func gap() {
    let chart = LineChart("g", series: [.init("s", points(5) { $0 == 2 ? .nan : Double($0) })])
    let path = Markup.values(of: "d", in: chart.html.markup).first {
      $0.hasPrefix("M") && $0 != "M1 4H23"
    }
    #expect(path?.count { $0 == "M" } == 2)
    #expect(path?.count { $0 == "L" } == 2)
  }

  @Test("a long curve is drawn with few points and all its spikes") func thinning() {
    let spikes = points(100_000) { $0 == 77_777 ? 9 : $0 == 33_333 ? -9 : 0 }
    let chart = LineChart("l", series: [.init("s", spikes)])
    #expect(chart.html.markup.utf8.count < 20_000)
    // Both spikes reach the ends of the axis: the top is at 10 units, the bottom at 192.
    let path = Markup.values(of: "d", in: chart.html.markup).joined()
    #expect(path.contains(" 19.1L") && path.contains(" 182.9"))
  }

  @Test("smoothing shows the mean and keeps the points, and says so") func smoothing() {
    let noisy = points(100) { $0 % 2 == 0 ? 1 : 0 }
    let markup = LineChart("n", series: [.init("s", noisy, smooths: true)]).html.markup
    #expect(markup.contains("line: mean of 5 steps, faint: each step"))
    #expect(Markup.values(of: "class", in: markup).contains("raw s0"))
    let few = LineChart("n", series: [.init("s", points(59) { _ in 1 }, smooths: true)]).html.markup
    #expect(!few.contains("faint"))
  }

  @Test("a histogram counts every value once") func counting() {
    let values = (0..<1000).map { Double($0 % 37) - 18 } + [.nan]
    let markup = Histogram("h", values: values, xLabel: "x").html.markup
    #expect(markup.contains("1 not finite, not drawn"))
    // Heights are counts on one scale: they sum to what all values are worth.
    let counts = Markup.values(of: "height", in: markup).compactMap(Double.init)
    #expect(counts.count > 10 && counts.count <= 80)
    #expect(markup.contains("1001 values, "))
  }

  @Test("names of marks that lie close do not lie on each other") func names() {
    let marks =
      (0..<4).map { ScatterChart.Mark("name \($0)", x: 1, y: 1 + Double($0) * 1e-4) }
      + [.init("far", x: 9, y: 9)]
    let markup = ScatterChart("m", xLabel: "x", marks: marks).html.markup
    let heights = markup.split(separator: "<text").filter { $0.contains("name ") }
      .compactMap { Markup.values(of: "y", in: String($0)).first.flatMap { Double($0) } }.sorted()
    #expect(heights.count == 4)
    for (above, below) in zip(heights, heights.dropFirst()) { #expect(below - above >= 12) }
  }

  @Test("a bar's length is its value") func bars() {
    let markup = BarChart("b", bars: [.init("one", 1), .init("two", 2), .init("minus", -1)]).html
      .markup
    let widths = Markup.values(of: "width", in: markup).compactMap { Double($0) }
    #expect(abs(widths[1] - 2 * widths[0]) < 0.05 && abs(widths[2] - widths[0]) < 0.05)
  }

  @Test("bars with long names can be told apart by them") func longNames() {
    let names = ["beta 0.05, objective sigmoid", "beta 0.05, objective ipo"]
    let markup = BarChart("b", bars: names.map { .init($0, 1) }).html.markup
    for name in names { #expect(markup.contains(">\(name)</text>")) }
    // Names of one beginning and one end keep both; what is left out stands in the middle.
    let long = String(repeating: "a", count: 100)
    let cut = BarChart("b", bars: [.init("\(long)1", 1), .init("\(long)2", 1)]).html.markup
    #expect(
      cut.contains("…\(long.prefix(28))1</text>") && cut.contains("…\(long.prefix(28))2</text>"))
  }

  @Test("no name lies on a rule or on its label") func namesBesideRules() {
    let marks = [
      ScatterChart.Mark("left", x: 0, y: 0.5), .init("right, with a longer name", x: 0.8, y: 0.5),
      .init("above", x: 0.5, y: 0.55), .init("far", x: 1, y: 1),
    ]
    let markup = ScatterChart("m", xLabel: "x", marks: marks, rules: [(0.5, "a coin")]).html.markup
    func number(_ key: String, _ piece: Substring?) -> Double? {
      piece.flatMap { Markup.values(of: key, in: String($0)).first }.flatMap(Double.init)
    }
    let rule = number("y1", markup.split(separator: "<line").first { $0.contains("\"rule\"") })
    let names = markup.split(separator: "<text").filter { $0.contains("\"label\"") }
    #expect(names.count == 4)
    for name in names {
      guard let rule, let y = number("y", name) else {
        Issue.record("no place in \(name)")
        continue
      }
      // Letters reach 9 above their line and 3 below.
      #expect(!(y - 9...y + 3).contains(rule), "\(name)")
    }
  }
}
