/// Sets by the names that regular expressions have for them.
extension ScalarSet {
  /// What a name after `\p` stands for; nil for a name that is not known.
  ///
  /// That is a general category (`Lu`, `L`, `Letter`), a script (`Han`, `Greek`), or what POSIX
  /// brackets have. Letter case, spaces, hyphens and underscores do not count.
  init?(property name: String) {
    let name = Self.folded(name)
    let categories = UnicodeCategory.named(folded: name)
    if !categories.isEmpty {
      self.init(categories: categories)
    } else if let script = ScalarSet(script: name) ?? ScalarSet(bracketProperty: name) {
      self = script
    } else {
      return nil
    }
  }

  static func folded(_ name: String) -> String {
    String(decoding: name.lowercased().utf8.filter { !" -_".utf8.contains($0) }, as: UTF8.self)
  }

  private init?(script name: String) {
    let index = UnicodeTables.scriptNames.firstIndex { names in
      names.split(separator: " ").contains { $0.lowercased() == name }
    }
    guard let index else { return nil }
    self.init(
      UnicodeTables.scriptRanges.filter { Int($0 & 0xff) == index }.map {
        UInt32($0 >> 32)...UInt32($0 >> 8 & 0xff_ffff)
      })
  }

  /// What stands in `[[:…:]]`, with Oniguruma's meaning for Unicode; nil for another name.
  init?(bracketProperty name: String) {
    func categories(_ names: String...) -> ScalarSet {
      ScalarSet(categories: names.reduce([]) { $0.union(UnicodeCategory.named($1)) })
    }
    switch name {
    case "digit": self = .decimalDigits
    case "space": self = .whitespace
    case "word": self = .onigurumaWord
    case "cntrl": self = categories("Cc")
    case "xdigit": self = ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "ascii": self = ScalarSet([0...0x7f])
    case "any": self = .all
    case "blank": self = categories("Zs").union(ScalarSet([0x09...0x09]))
    default: return nil
    }
  }
}
