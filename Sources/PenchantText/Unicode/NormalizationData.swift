/// Decompositions, compositions and combining classes, unpacked once from ``UnicodeTables``.
struct NormalizationData: Sendable {
  static let shared = NormalizationData()

  private let mappings: [UInt32: (first: UInt32, second: UInt32)]
  /// `first << 21 | second` → composite.
  private let composites: [UInt64: UInt32]
  private let classes: [UInt32: UInt8]
  /// Full compatibility decompositions that differ from the canonical ones.
  private let compatible: [UInt32: [UInt32]]

  /// 1 where a scalar can make text differ from its NFC: marks, what never survives, what may join
  /// the scalar before it.
  private let mayChangeNFC: ScalarMap
  /// 1 where a scalar can make text differ from its NFD.
  private let mayChangeNFD: ScalarMap
  /// The same for the compatibility forms.
  private let mayChangeNFKC: ScalarMap
  private let mayChangeNFKD: ScalarMap

  /// 1 where a scalar can make text differ from a form.
  func mayChange(_ form: CanonicalForm) -> ScalarMap {
    switch form {
    case .nfc: mayChangeNFC
    case .nfd: mayChangeNFD
    case .nfkc: mayChangeNFKC
    case .nfkd: mayChangeNFKD
    }
  }

  /// Calls `body` with the scalars and expansions of a table `count << 24 | scalar`, expansion.
  static func forEachExpansion(
    in table: [UInt32], _ body: (UInt32, ArraySlice<UInt32>) -> Void
  ) {
    var position = 0
    while position < table.count {
      let end = position + 1 + Int(table[position] >> 24)
      body(table[position] & 0xff_ffff, table[position + 1..<end])
      position = end
    }
  }

  private init() {
    var mappings: [UInt32: (first: UInt32, second: UInt32)] = [:]
    var composites: [UInt64: UInt32] = [:]
    var classes: [UInt32: UInt8] = [:]
    var marks: [ClosedRange<UInt32>] = []
    var composing = [0x1161...0x1175, 0x11a8...0x11c2] as [ClosedRange<UInt32>]
    var decomposing = [Hangul.syllables] as [ClosedRange<UInt32>]
    for packed in UnicodeTables.canonicalMappings {
      let scalar = UInt32(packed >> 43)
      let first = UInt32(packed >> 22 & 0x1f_ffff)
      let second = UInt32(packed >> 1 & 0x1f_ffff)
      mappings[scalar] = (first, second)
      decomposing.append(scalar...scalar)
      if packed & 1 == 1 {
        composites[Self.key(first, second)] = scalar
        composing.append(second...second)
      } else {
        composing.append(scalar...scalar)
      }
    }
    for packed in UnicodeTables.combiningRuns {
      let range = UInt32(packed >> 29)...UInt32(packed >> 8 & 0x1f_ffff)
      marks.append(range)
      for scalar in range { classes[scalar] = UInt8(packed & 0xff) }
    }
    self.mappings = mappings
    self.composites = composites
    self.classes = classes
    var compatible: [UInt32: [UInt32]] = [:]
    Self.forEachExpansion(in: UnicodeTables.compatibilityMappings) { compatible[$0] = Array($1) }
    self.compatible = compatible
    let expanding = compatible.keys.map { $0...$0 }
    mayChangeNFC = ScalarMap(ScalarSet(marks + composing))
    mayChangeNFD = ScalarMap(ScalarSet(marks + decomposing))
    mayChangeNFKC = ScalarMap(ScalarSet(marks + composing + expanding))
    mayChangeNFKD = ScalarMap(ScalarSet(marks + decomposing + expanding))
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 21 | UInt64(second)
  }

  /// The canonical combining class, 0 for most scalars.
  func combiningClass(_ scalar: UInt32) -> UInt8 {
    scalar < 0x300 ? 0 : classes[scalar] ?? 0
  }

  /// Appends the full decomposition, which is the scalar itself for most.
  func appendDecomposition(
    of scalar: UInt32, isCompatible: Bool, to result: inout [UInt32]
  ) {
    if isCompatible, let expansion = compatible[scalar] {
      result += expansion
    } else if Hangul.syllables.contains(scalar) {
      Hangul.appendJamo(of: scalar, to: &result)
    } else if let (first, second) = mappings[scalar] {
      appendDecomposition(of: first, isCompatible: isCompatible, to: &result)
      if second != 0 { result.append(second) }
    } else {
      result.append(scalar)
    }
  }

  /// The primary composite of two scalars, if there is one.
  func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composite(first, second) ?? composites[Self.key(first, second)]
  }
}

/// The arithmetic of Hangul syllables (The Unicode Standard, section 3.12).
private enum Hangul {
  static let syllables: ClosedRange<UInt32> = 0xac00...0xd7a3
  private static let (lBase, vBase, tBase): (UInt32, UInt32, UInt32) = (0x1100, 0x1161, 0x11a7)
  private static let (lCount, vCount, tCount): (UInt32, UInt32, UInt32) = (19, 21, 28)

  static func appendJamo(of syllable: UInt32, to result: inout [UInt32]) {
    let index = syllable - syllables.lowerBound
    result.append(lBase + index / (vCount * tCount))
    result.append(vBase + index % (vCount * tCount) / tCount)
    if index % tCount != 0 { result.append(tBase + index % tCount) }
  }

  static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (lBase..<lBase + lCount).contains(first), (vBase..<vBase + vCount).contains(second) {
      return syllables.lowerBound + ((first - lBase) * vCount + (second - vBase)) * tCount
    }
    if syllables.contains(first), (first - syllables.lowerBound) % tCount == 0,
      (tBase + 1..<tBase + tCount).contains(second)
    {
      return first + (second - tBase)
    }
    return nil
  }
}
