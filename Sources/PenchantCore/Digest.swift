internal import Crypto

/// A SHA-256 digest: of weights, data and checkpoints.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
  /// Sixty-four lower-case hexadecimal digits.
  package let hex: String

  package var description: String { hex }

  /// The digest of `bytes`.
  package static func sha256(_ bytes: UnsafeRawBufferPointer) -> Digest {
    var hasher = Hasher()
    hasher.update(bytes)
    return hasher.finish()
  }

  /// The digest of `bytes`.
  package static func sha256(_ bytes: [UInt8]) -> Digest {
    bytes.withUnsafeBytes { sha256($0) }
  }

  /// The digest of the file at `path`, read through a mapping.
  package static func sha256(file path: String) throws(CoreError) -> Digest {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { sha256(file.bytes) }
  }

  /// The digest of the digests of a file's pieces, 64 MiB each, which are computed side by side.
  ///
  /// For files so large that one after the other would take long; it is not what other programs call the file's digest.
  package static func sha256(
    piecesOf path: String, pieceBytes piece: Int = 64 << 20
  ) throws(CoreError) -> Digest {
    let file = try MappedFile(path: path)
    nonisolated(unsafe) let bytes = file.bytes
    let digests = Parallel.map(count: (bytes.count + piece - 1) / piece) { index in
      sha256(
        UnsafeRawBufferPointer(
          rebasing: bytes[index * piece..<min(bytes.count, (index + 1) * piece)]))
    }
    withExtendedLifetime(file) {}
    var hasher = Hasher()
    hasher.update("\(bytes.count)\n")
    for digest in digests { hasher.update(digest.hex) }
    return hasher.finish()
  }

  /// A digest in the making, fed piece by piece.
  package struct Hasher {
    private var state = SHA256()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      state.update(bufferPointer: bytes)
    }

    package mutating func update(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    package mutating func update(_ text: String) { update(Array(text.utf8)) }

    /// The digest of everything so far.
    package func finish() -> Digest { Digest(hex: Digest.digits(state.finalize())) }
  }

  /// The name git gives to contents of a known length: SHA-1 of `blob LENGTH`, a zero, and the contents.
  ///
  /// Not for secrets: it tells that a download is whole, from a server that is trusted anyway.
  package struct GitBlobHasher {
    private var state = Insecure.SHA1()

    package init(length: Int) { state.update(data: Array("blob \(length)".utf8) + [0]) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      state.update(bufferPointer: bytes)
    }

    /// Forty lower-case hexadecimal digits.
    package func finish() -> String { Digest.digits(state.finalize()) }
  }

  private static func digits(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
