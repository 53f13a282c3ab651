/// A reader of markup that is stricter than any browser: every element closes, in order.
enum Markup {
  private static let void: Set<String> = ["br", "hr", "col", "wbr", "meta"]

  /// What is wrong with the nesting of elements; nil if nothing is.
  static func defect(_ markup: String) -> String? {
    var open: [String] = []
    var rest = markup[...]
    while let start = rest.firstIndex(of: "<") {
      guard let end = rest[start...].firstIndex(of: ">") else { return "an unfinished tag" }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      let name = String(tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "\n" })
      if name.hasPrefix("!") || void.contains(name) { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == name else { return "</\(name)> closes nothing" }
      } else {
        open.append(name)
      }
    }
    return open.isEmpty ? nil : "<\(open[open.count - 1])> stays open"
  }

  /// The text of all attributes of a name, in order.
  static func values(of attribute: String, in markup: String) -> [String] {
    var found: [String] = []
    var rest = markup[...]
    while let range = rest.firstRange(of: " \(attribute)=\"") {
      rest = rest[range.upperBound...]
      found.append(String(rest.prefix { $0 != "\"" }))
    }
    return found
  }
}
