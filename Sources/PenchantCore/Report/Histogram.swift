/// How values are spread: counts in bins of one width whose edges are round numbers.
package struct Histogram: Sendable {
  package var title: String
  package var remark: String
  /// Those that are not finite are counted in the remark and not drawn.
  package var values: [Double]
  package var xLabel: String

  package init(_ title: String, remark: String = "", values: [Double], xLabel: String) {
    self.title = title
    self.remark = remark
    self.values = values
    self.xLabel = xLabel
  }

  /// Edges and counts.
  ///
  /// About the cube root of the number of values, twice (Rice's rule), at most 40.
  var bins: (axis: Axis, counts: [Int]) {
    let finite = values.filter(\.isFinite)
    var wanted = 1
    while wanted * wanted * wanted < 8 * finite.count, wanted < 40 { wanted += 1 }
    let axis = Axis(covering: finite, count: wanted)
    let count = max(1, axis.ticks.count - 1)
    var counts = [Int](repeating: 0, count: count)
    for value in finite {
      let bin = Int((axis.position(value) * Double(count)).rounded(.down))
      counts[min(count - 1, max(0, bin))] += 1
    }
    return (axis, counts)
  }

  package var html: HTML {
    let (axis, counts) = bins
    let frame = ChartFrame(x: axis, y: Axis(covering: counts.map(Double.init) + [0], count: 4))
    // Every bin has an edge; only some of them fit as numbers.
    let every = max(1, (axis.ticks.count + 5) / 6)
    let ticks = axis.ticks.enumerated().filter { $0.offset % every == 0 }
      .map { (at: $0.element, text: axis.label($0.element)) }
    var parts = [frame.axes(xLabel: xLabel, ticks: ticks)]
    let width = (axis.upper - axis.lower) / Double(counts.count)
    for (index, count) in counts.enumerated() where count > 0 {
      let left = frame.across(axis.lower + Double(index) * width)
      let right = frame.across(axis.lower + Double(index + 1) * width)
      let top = frame.up(Double(count))
      parts.append(
        SVG.rectangle(
          left + 0.5, top, width: right - left - 1, height: frame.up(0) - top,
          axis.lower + (Double(index) + 0.5) * width < 0 ? "f1" : "f0"))
    }
    if axis.lower < 0, axis.upper > 0 {
      parts.append(SVG.line(frame.across(0), frame.top, frame.across(0), frame.up(0), "rule"))
    }
    let left = values.count { !$0.isFinite }
    let below = values.count { $0 < 0 }
    return ChartFrame.figure(
      title,
      remark: left == 0
        ? remark : remark + (remark.isEmpty ? "" : "; ") + "\(left) not finite, not drawn",
      description: values.isEmpty
        ? "No figures." : "\(values.count) values, \(below) of them below 0.", HTML(parts))
  }
}
