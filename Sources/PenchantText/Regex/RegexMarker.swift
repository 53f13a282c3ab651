/// Finds out beforehand where a look of more than one scalar holds.
///
/// That is where something begins, read from the end of the text, or where it ends, read from its beginning: one pass,
/// linear in the text.
struct RegexMarker: Sendable {
  private let core: RegexCore
  private let isAhead: Bool

  init(_ look: RegexProgram.Look) throws(LinearRegexError) {
    isAhead = look.isAhead
    core = try RegexCore(look.isAhead ? look.node.reversed : look.node, wanted: .anyEnd)
  }

  /// Sets a bit at every place (scalar boundary) of the text where the look holds.
  func mark(_ text: UnsafeBufferPointer<UInt8>, bit: UInt8, in marks: inout [UInt8]) {
    let inner = core.marks(of: text)
    let automaton = core.automaton
    var state = RegexAutomaton.initial
    var position = isAhead ? text.count : 0
    while true {
      let isAtEnd = position == (isAhead ? 0 : text.count)
      var scalarClass = core.classes.count
      var length = 0
      if !isAtEnd {
        let next = isAhead ? scalar(before: position, in: text) : scalar(at: position, in: text)
        scalarClass = Int(core.classes.map[next.value])
        length = isAhead ? -next.length : next.length
      }
      let column = scalarClass << automaton.lookCount | Int(inner.isEmpty ? 0 : inner[position])
      let transition = automaton.transitions[state * automaton.width + column]
      if transition & 1 != 0 { marks[position] |= bit }
      if isAtEnd { return }
      state = Int(transition >> 1)
      position += length
    }
  }
}

/// A compiled pattern: its table, the classes of scalars it tells apart, and what finds out where its looks hold.
struct RegexCore: Sendable {
  let classes: ScalarClasses
  let automaton: RegexAutomaton
  private let markers: [RegexMarker]

  init(_ node: RegexNode, wanted: RegexAutomaton.Wanted) throws(LinearRegexError) {
    let program = try RegexProgram(node)
    classes = try ScalarClasses(program.sets)
    automaton = try RegexAutomaton(program, classes: classes, wanted: wanted)
    var markers: [RegexMarker] = []
    for look in program.looks { markers.append(try RegexMarker(look)) }
    self.markers = markers
  }

  /// The looks that hold at each place of a text, a bit each; empty where there are none.
  func marks(of text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard !markers.isEmpty else { return [] }
    var marks = [UInt8](repeating: 0, count: text.count + 1)
    for (number, marker) in markers.enumerated() {
      marker.mark(text, bit: 1 << UInt8(number), in: &marks)
    }
    return marks
  }
}
