/// The name of a repository on a hub, `OWNER/NAME`, checked so that it is safe in paths and addresses.
package struct RepositoryName: Sendable, Hashable, CustomStringConvertible {
  /// What a repository holds.
  package enum Kind: String, Sendable, CaseIterable {
    case model, dataset

    /// What the cache's folders begin with, and the hub's interface calls them.
    var plural: String { rawValue + "s" }
  }

  package let text: String
  package var description: String { text }

  /// - Returns: nil unless it is one or two names of letters, digits, `.`, `_` and `-` that do not begin or end
  ///   with `.` or `-`.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(Self.isName) else { return nil }
    self.text = text
  }

  private static func isName(_ name: Substring) -> Bool {
    let edges: [UInt8?] = [name.utf8.first, name.utf8.last]
    return (1...96).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0.isNameByte }
      && edges.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") }
      && !name.contains("..") && !name.contains("--")
  }

  /// The folder of the cache that holds it: `models--OWNER--NAME`.
  func folderName(_ kind: Kind) -> String {
    kind.plural + "--" + text.split(separator: "/").joined(separator: "--")
  }
}

/// A branch, a tag or a commit.
package struct Revision: Sendable, Hashable {
  package let text: String

  /// - Returns: nil for a name that could lead out of a folder.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 255,
      text.utf8.allSatisfy({ $0.isNameByte || $0 == UInt8(ascii: "/") }),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.first != UInt8(ascii: ".") && !$0.contains("..") })
    else { return nil }
    self.text = text
  }

  /// Whether it is a whole commit identifier.
  var isCommit: Bool { text.isHex(40) }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension String {
  /// Whether this is so many hexadecimal digits in lower case.
  func isHex(_ count: Int) -> Bool {
    utf8.count == count
      && utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
