/// The normalisation forms of Unicode (UAX #15) on UTF-8 text.
///
/// It composes and reorders what the `tokenizers` library does (Unicode 9), so that ids agree.
package enum CanonicalForm: Sendable {
  /// Canonical composition.
  case nfc
  /// Canonical decomposition.
  case nfd
  /// Compatibility decomposition, then canonical composition.
  case nfkc
  /// Compatibility decomposition.
  case nfkd

  private var composes: Bool { self == .nfc || self == .nfkc }
  private var isCompatible: Bool { self == .nfkc || self == .nfkd }

  /// The text in this form; nil when it is in it already.
  ///
  /// Linear in the length, apart from sorting runs of combining marks.
  package func normalized(_ bytes: [UInt8]) -> [UInt8]? {
    guard needsWork(bytes) else { return nil }
    var scalars = decomposed(bytes)
    if composes { compose(&scalars) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for scalar in scalars { appendUTF8(scalar, to: &result) }
    return result
  }

  /// The quick check: false only for text that is surely in the form.
  private func needsWork(_ bytes: [UInt8]) -> Bool {
    // Nothing below U+0300 (NFC), U+00C0 (NFD) or U+00A0 (the others) ever changes.
    let threshold: UInt8 =
      switch self {
      case .nfc: 0xcc
      case .nfd: 0xc3
      case .nfkc, .nfkd: 0xc2
      }
    guard bytes.contains(where: { $0 >= threshold }) else { return false }
    let map = NormalizationData.shared.mayChange(self)
    return bytes.withUnsafeBufferPointer { buffer in
      var position = 0
      while position < buffer.count {
        let (value, length) = scalar(at: position, in: buffer)
        if length > 1, map[value] != 0 { return true }
        position += length
      }
      return false
    }
  }
}

// MARK: - Decomposition

extension CanonicalForm {
  /// The scalars of the text, fully decomposed and in canonical order.
  private func decomposed(_ bytes: [UInt8]) -> [UInt32] {
    let data = NormalizationData.shared
    var result: [UInt32] = []
    result.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { buffer in
      var position = 0
      while position < buffer.count {
        let (value, length) = scalar(at: position, in: buffer)
        position += length
        if value < 0xa0 {
          result.append(value)
        } else {
          data.appendDecomposition(of: value, isCompatible: isCompatible, to: &result)
        }
      }
    }
    sortMarks(&result)
    return result
  }

  /// Sorts each run of combining marks by class, keeping the order within a class.
  private func sortMarks(_ scalars: inout [UInt32]) {
    let data = NormalizationData.shared
    var position = 0
    while position < scalars.count {
      guard data.combiningClass(scalars[position]) != 0 else {
        position += 1
        continue
      }
      let start = position
      var run: [(order: UInt64, scalar: UInt32)] = []
      while position < scalars.count {
        let kind = data.combiningClass(scalars[position])
        guard kind != 0 else { break }
        run.append((UInt64(kind) << 56 | UInt64(position), scalars[position]))
        position += 1
      }
      guard run.count > 1 else { continue }
      run.sort { $0.order < $1.order }
      for (offset, element) in run.enumerated() { scalars[start + offset] = element.scalar }
    }
  }
}

// MARK: - Composition

extension CanonicalForm {
  /// Composes decomposed, ordered scalars in place (UAX #15 section 1.3, D117).
  private func compose(_ scalars: inout [UInt32]) {
    let data = NormalizationData.shared
    var written = 0
    var starter: Int?
    // Class of the last scalar kept after the starter; nil directly after it.
    var lastClass: UInt8?
    for scalar in scalars {
      let kind = data.combiningClass(scalar)
      // Blocked when something of class 0, or of a class not lower, stands between.
      let isBlocked = lastClass.map { $0 == 0 || $0 >= kind } ?? false
      if let position = starter, !isBlocked,
        let composite = data.composite(scalars[position], scalar)
      {
        scalars[position] = composite
        continue
      }
      if kind == 0 {
        starter = written
        lastClass = nil
      } else {
        lastClass = kind
      }
      scalars[written] = scalar
      written += 1
    }
    scalars.removeSubrange(written...)
  }
}
