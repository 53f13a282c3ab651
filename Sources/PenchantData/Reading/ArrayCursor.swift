/// Finds the elements of a JSON array without reading what is in them.
///
/// An array is cut at its commas rather than parsed as a whole, so that it needs no more memory than
/// one element, and a bad element does not cost the others.
struct ArrayCursor {
  /// Where one element lies, and on which line it begins (from 1).
  struct Element: Equatable {
    var bytes: Range<Int>
    var line: Int
  }

  /// What keeps further elements from being found.
  struct Fault: Error, Equatable {
    /// For messages, as `JSONError.phrase` is.
    var phrase: String
    /// The byte, and the number of its line.
    var offset: Int
    var line: Int
    /// The element it happened in; nil between elements.
    var element: Element?
  }

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private var line = 1
  private var needsElement = false
  private var isAtEnd = false

  private static let newline = UInt8(ascii: "\n")
  private static let endsEarly = "the text ends too early"
  /// An element is not longer than a line may be; a bracket that is never closed is noticed so far behind it.
  static let lengthLimit = 64 << 20
  static let tooLong = "a row is longer than \(lengthLimit) bytes"

  /// - Parameter bytes: must stay valid while the cursor is used. Nil unless they begin with `[`,
  ///   white space and a byte order mark aside.
  init?(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else { return nil }
    position += 1
  }

  /// Where the value that `bytes` begin with ends; nil where they do not hold all of it.
  static func endOfValue(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var cursor = ArrayCursor(elements: bytes)
    return (try? cursor.next())?.bytes.upperBound
  }

  /// Begins within an array, before an element.
  private init(elements bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    position = 0
  }

  /// The next element; nil behind the last and after a fault.
  mutating func next() throws(Fault) -> Element? {
    guard !isAtEnd else { return nil }
    skipSpace()
    guard position < bytes.count else { throw fault(Self.endsEarly) }
    if bytes[position] == UInt8(ascii: "]"), !needsElement {
      position += 1
      skipSpace()
      guard position == bytes.count else { throw fault("text after the end of the array") }
      isAtEnd = true
      return nil
    }
    var element = Element(bytes: position..<position, line: line)
    try skipValue(element)
    element.bytes = element.bytes.lowerBound..<position
    skipSpace()
    guard position < bytes.count else { throw fault(Self.endsEarly) }
    switch bytes[position] {
    case UInt8(ascii: ","):
      position += 1
      needsElement = true
    case UInt8(ascii: "]"): needsElement = false
    default: throw fault("a comma or the end of the array is missing")
    }
    return element
  }

  /// Line and column, both from 1, of a byte within or behind an element.
  func place(of offset: Int, in element: Element) -> (line: Int, column: Int) {
    var line = element.line
    var lineStart = element.bytes.lowerBound
    while lineStart > 0, bytes[lineStart - 1] != Self.newline { lineStart -= 1 }
    for index in element.bytes.lowerBound..<max(element.bytes.lowerBound, offset)
    where bytes[index] == Self.newline {
      line += 1
      lineStart = index + 1
    }
    return (line, offset - lineStart + 1)
  }

  /// Moves behind a value by counting brackets outside strings; what is in it is not judged.
  private mutating func skipValue(_ element: Element) throws(Fault) {
    var depth = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""): try skipString(element)
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ",") where depth == 0, UInt8(ascii: "}") where depth == 0,
        UInt8(ascii: "]") where depth == 0:
        guard position > element.bytes.lowerBound else {
          throw fault("a row is missing before this character")
        }
        return
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          position += 1
          return
        }
      case Self.newline: line += 1
      default: break
      }
      position += 1
      try checkLength(element)
    }
    throw fault(Self.endsEarly, in: element)
  }

  private mutating func checkLength(_ element: Element) throws(Fault) {
    guard position - element.bytes.lowerBound <= Self.lengthLimit else {
      throw fault(Self.tooLong, in: element)
    }
  }

  /// Moves from a string's first quote to its last; a line break ends the search, no string holds one.
  private mutating func skipString(_ element: Element) throws(Fault) {
    position += 1
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): position += 2
      case Self.newline: throw fault("a line break in a string", in: element)
      default: position += 1
      }
      try checkLength(element)
    }
    position = bytes.count
    throw fault(Self.endsEarly, in: element)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case Self.newline: line += 1
      case 0x20, 0x09, 0x0d: break
      default: return
      }
      position += 1
    }
  }

  private mutating func fault(_ phrase: String, in element: Element? = nil) -> Fault {
    isAtEnd = true
    return Fault(phrase: phrase, offset: position, line: line, element: element)
  }
}
