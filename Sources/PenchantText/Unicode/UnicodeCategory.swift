/// The general categories of Unicode; raw values are those in ``UnicodeTables``.
enum UnicodeCategory: UInt8, CaseIterable, Sendable {
  case lu, ll, lt, lm, lo, mn, mc, me, nd, nl, no, pc, pd, ps, pe, pi, pf, po, sm, sc, sk, so
  case zs, zl, zp, cc, cf, cs, co, cn

  /// The categories that a property name such as `L` or `Lu` covers; nil for another name.
  static func named(_ name: String) -> Set<UnicodeCategory>? {
    guard (1...2).contains(name.utf8.count), name.utf8.first.map({ $0 < 0x60 }) == true else {
      return nil
    }
    let found = allCases.filter { category in
      let full = "\(category)"
      return name.utf8.count == 1
        ? full.utf8.first == name.lowercased().utf8.first : full == name.lowercased()
    }
    return found.isEmpty ? nil : Set(found)
  }
}
