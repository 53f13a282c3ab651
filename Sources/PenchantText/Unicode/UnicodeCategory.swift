/// The general categories of Unicode, in the order that ``UnicodeTables`` numbers them.
enum UnicodeCategory: String, CaseIterable, Sendable {
  case uppercaseLetter = "Lu"
  case lowercaseLetter = "Ll"
  case titlecaseLetter = "Lt"
  case modifierLetter = "Lm"
  case otherLetter = "Lo"
  case nonspacingMark = "Mn"
  case spacingMark = "Mc"
  case enclosingMark = "Me"
  case decimalNumber = "Nd"
  case letterNumber = "Nl"
  case otherNumber = "No"
  case connectorPunctuation = "Pc"
  case dashPunctuation = "Pd"
  case openPunctuation = "Ps"
  case closePunctuation = "Pe"
  case initialPunctuation = "Pi"
  case finalPunctuation = "Pf"
  case otherPunctuation = "Po"
  case mathSymbol = "Sm"
  case currencySymbol = "Sc"
  case modifierSymbol = "Sk"
  case otherSymbol = "So"
  case spaceSeparator = "Zs"
  case lineSeparator = "Zl"
  case paragraphSeparator = "Zp"
  case control = "Cc"
  case format = "Cf"
  case surrogate = "Cs"
  case privateUse = "Co"
  case unassigned = "Cn"

  /// The categories that a property name such as `L` or `Lu` covers; empty for another name.
  static func named(_ name: String) -> Set<UnicodeCategory> {
    guard (1...2).contains(name.utf8.count) else { return [] }
    return Set(allCases.filter { $0.rawValue.hasPrefix(name) })
  }

  /// Long names of groups and categories, folded as ``ScalarSet/folded(_:)`` does.
  private static let longNames = [
    "letter": "L", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt",
    "modifierletter": "Lm", "otherletter": "Lo", "mark": "M", "nonspacingmark": "Mn",
    "spacingmark": "Mc", "enclosingmark": "Me", "number": "N", "decimalnumber": "Nd",
    "letternumber": "Nl", "othernumber": "No", "punctuation": "P", "punct": "P",
    "connectorpunctuation": "Pc", "dashpunctuation": "Pd", "openpunctuation": "Ps",
    "closepunctuation": "Pe", "initialpunctuation": "Pi", "finalpunctuation": "Pf",
    "otherpunctuation": "Po", "symbol": "S", "mathsymbol": "Sm", "currencysymbol": "Sc",
    "modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs",
    "lineseparator": "Zl", "paragraphseparator": "Zp", "other": "C", "control": "Cc",
    "format": "Cf", "privateuse": "Co", "unassigned": "Cn",
  ]

  /// The categories of a folded name, short or long; empty for another.
  static func named(folded name: String) -> Set<UnicodeCategory> {
    if let short = longNames[name] { return named(short) }
    guard (1...2).contains(name.utf8.count) else { return [] }
    return Set(allCases.filter { $0.rawValue.lowercased().hasPrefix(name) })
  }
}
