/// A piece of an HTML document, escaped by construction.
///
/// Text becomes markup through this type alone, and its only way in escapes: a string literal, a `String`, an
/// attribute's value. Names of elements and attributes are `StaticString`, so that no value from outside can become one.
/// What could run or load something (scripts, styles, addresses with a scheme) has no way in at all.
///
///     HTML.element("p", ["class": "note"], ["measured on ", .strong(HTML(fileName))])
package struct HTML: Sendable, Equatable {
  /// The text of the piece as it stands in a document.
  package let markup: String

  private init(markup: String) { self.markup = markup }

  /// Text, shown as it is.
  package init(_ text: String) { markup = Self.escaped(text) }

  /// Markup that stands in our own source.
  init(trusted: StaticString) { markup = "\(trusted)" }

  /// Nothing.
  package static let empty = HTML(markup: "")

  package var isEmpty: Bool { markup.isEmpty }

  /// Pieces one after the other.
  package init(_ pieces: [HTML]) {
    var markup = ""
    for piece in pieces { markup += piece.markup }
    self.markup = markup
  }

  /// An element with its content.
  /// - Precondition: neither the element nor an attribute is one that runs or loads something.
  package static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    _ content: HTML = .empty
  ) -> HTML {
    let name = "\(name)"
    precondition(!active.contains(name), "HTML.element: \(name) is not for reports")
    var markup = "<" + name
    for (attribute, value) in attributes {
      let attribute = "\(attribute)"
      precondition(
        !attribute.hasPrefix("on") && !loading.contains(attribute),
        "HTML.element: the attribute \(attribute) is not for reports")
      markup += " \(attribute)=\"\(escaped(value))\""
    }
    markup += ">"
    if !void.contains(name) { markup += content.markup + "</\(name)>" }
    return HTML(markup: markup)
  }

  /// A link to a file beside or below the document, or above it.
  /// - Parameter path: relative; whatever it holds, the link stays on the reader's own disk.
  package static func link(to path: String, _ content: HTML) -> HTML {
    var address = "./"
    for byte in path.utf8.drop(while: { $0 == UInt8(ascii: "/") }) {
      let isPlain = plainBytes.contains(byte)
      let hex = String(byte, radix: 16, uppercase: true)
      address +=
        isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.utf8.count < 2 ? "0" : "") + hex
    }
    return HTML(markup: "<a href=\"\(address)\">\(content.markup)</a>")
  }

  /// A link to the element of this document with an `id` of our own.
  package static func anchor(to id: StaticString, _ content: HTML) -> HTML {
    HTML(markup: "<a href=\"#\(id)\">\(content.markup)</a>")
  }

  /// Text that matters.
  package static func strong(_ content: HTML) -> HTML { element("strong", [:], content) }

  /// Text that a machine reads: a command, a file, an option, which stays in one line.
  package static func code(_ text: String) -> HTML {
    text.hasPrefix("--") && !text.contains(where: \.isWhitespace)
      ? element("code", ["class": "option"], HTML(text)) : element("code", [:], HTML(text))
  }

  /// Text that somebody wrote, in lines as they were, in its own direction of writing.
  ///
  /// Many empty lines in a row, which models like to write, are counted instead of shown.
  package static func quote(_ text: String) -> HTML {
    var pieces: [HTML] = []
    var empty: [Substring] = []
    func close() {
      pieces +=
        empty.count > mostEmpty
        ? [element("span", ["class": "detail"], HTML("[\(empty.count) empty lines]"))]
        : empty.map { HTML(String($0)) }
      empty = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy(\.isWhitespace) {
        empty.append(line)
      } else {
        close()
        pieces.append(HTML(String(line)))
      }
    }
    close()
    let content = HTML(markup: pieces.map(\.markup).joined(separator: "\n"))
    return element("div", ["class": "text", "dir": "auto"], content)
  }

  private static let mostEmpty = 3

  // Elements and attributes that could run or load something, or lead out of the document.
  private static let active: Set<String> = [
    "script", "style", "link", "meta", "base", "iframe", "frame", "object", "embed", "form", "a",
    "img", "image", "use", "foreignObject", "audio", "video", "source", "animate", "set",
  ]
  private static let loading: Set<String> = [
    "href", "src", "srcdoc", "srcset", "style", "action", "formaction", "xlink:href", "data",
    "poster", "background", "ping",
  ]
  private static let void: Set<String> = ["br", "hr", "col", "wbr"]
  private static let plainBytes = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)

  /// Text in a form that is itself in element content and in quoted attributes.
  ///
  /// Characters that HTML forbids (controls but tab and line ends) become U+FFFD.
  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{00}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{fffe}", "\u{ffff}":
        result.unicodeScalars.append("\u{fffd}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension HTML: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral
{
  /// Text, escaped like any other, with what is interpolated.
  package init(stringLiteral value: String) { self.init(value) }
  package init(arrayLiteral elements: HTML...) { self.init(elements) }
}
