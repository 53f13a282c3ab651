/// A search through one text.
///
/// Runs of the automaton that read far beyond their match, or find none, could be made to read the
/// same text again from every start. So such a run remembers where it went in vain (Reps,
/// "Maximal-Munch Tokenization in Linear Time", 1998), and a later one that comes to the same state
/// at the same place stops there. Text that no one has prepared never gets that far.
struct RegexSearch {
  /// A run looks this many scalars beyond its last match before it begins to take notes.
  private static let patience = 64

  private let regex: LinearRegex
  private let text: UnsafeBufferPointer<UInt8>
  /// Places from which no match comes any more; see `place`.
  private var futile: Set<UInt64> = []
  /// The looks that hold at each place; empty for patterns without.
  private let marks: [UInt8]

  init(_ regex: LinearRegex, text: UnsafeBufferPointer<UInt8>) {
    self.regex = regex
    self.text = text
    marks = regex.core.marks(of: text)
  }

  /// The first match that begins at `start` or later.
  mutating func firstMatch(from start: Int) -> Range<Int>? {
    var position = start
    while true {
      if let end = matchEnd(from: position) { return position..<end }
      guard position < text.count else { return nil }
      position += scalar(at: position, in: text).length
    }
  }

  /// A state at a position, in one number.
  private func place(_ state: Int, _ position: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: position) << 16 | UInt64(truncatingIfNeeded: state)
  }

  /// Where the preferred match that begins at `start` ends.
  private mutating func matchEnd(from start: Int) -> Int? {
    let automaton = regex.core.automaton
    var state = RegexAutomaton.initial
    if start > 0, !automaton.initialStates.isEmpty {
      let before = scalar(before: start, in: text).value
      state = automaton.initialStates[Int(regex.core.classes.map[before])]
    }
    var position = start
    var end: Int?
    var steps = 0
    // Places passed since the last match, from the one that exhausted our patience on.
    var trail: [UInt64] = []
    let width = automaton.width
    while position < text.count {
      let byte = text[position]
      var column: Int
      let length: Int
      if byte < 0x80 {
        column = Int(regex.asciiClasses[Int(byte)])
        length = 1
      } else {
        let (value, bytes) = scalar(at: position, in: text)
        column = Int(regex.core.classes.map[value])
        length = bytes
      }
      if !marks.isEmpty { column = column << automaton.lookCount | Int(marks[position]) }
      let transition = automaton.transitions[state * width + column]
      if transition & 1 != 0 {
        end = position
        steps = 0
        if !trail.isEmpty { trail.removeAll() }
      } else if steps > Self.patience {
        let place = place(state, position)
        if futile.contains(place) { break }
        trail.append(place)
      }
      state = Int(transition >> 1)
      if state == RegexAutomaton.dead { break }
      steps += 1
      position += length
    }
    let endColumn = regex.core.classes.count << automaton.lookCount | Int(marks.last ?? 0)
    let atEnd = automaton.transitions[state * width + endColumn]
    if position == text.count, atEnd & 1 != 0 { return position }
    futile.formUnion(trail)
    return end
  }
}
