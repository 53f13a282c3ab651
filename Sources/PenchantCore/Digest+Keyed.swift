internal import Crypto

/// A secret that makes digests nobody else can make: HMAC with SHA-256 (RFC 2104).
package struct DigestKey: Sendable {
  private let key: SymmetricKey

  /// - Parameter bytes: 32 random bytes.
  package init(_ bytes: [UInt8]) { key = SymmetricKey(data: bytes) }

  /// The first 64 bits of the keyed digest of some words, each of which is told from the next.
  package func bits(_ words: [String]) -> UInt64 {
    var code = HMAC<SHA256>(key: key)
    for word in words {
      let bytes = Array(word.utf8)
      // The length in front keeps ("ab", "c") and ("a", "bc") apart.
      var length = UInt64(bytes.count).littleEndian
      withUnsafeBytes(of: &length) { code.update(data: $0) }
      code.update(data: bytes)
    }
    return code.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number in [0, 1) made of the same bits.
  package func share(_ words: [String]) -> Double { Double(bits(words) >> 11) * 0x1p-53 }
}
