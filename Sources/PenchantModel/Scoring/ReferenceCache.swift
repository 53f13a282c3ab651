package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Log-probabilities of one model on disk, addressed by what they were computed from.
///
/// The file's name is a digest of the model's identity (``ReferenceIdentity``), a record's key one of prompt, answer
/// and which tokens count. Values are kept a token, so that any objective and any β can use them, in any run.
///
///     file    "PENCHREF" version  identity  record …
///     record  count (4 bytes)  key (32)  count × float32  CRC-32C of all that (4)      little endian
///
/// A record is added by one write. A kill leaves at most a torn record at the end, which the next opening cuts off; one
/// that has rotted fails its check when it is read and is computed again. Memory holds the index alone, about 50 bytes
/// an answer.
package final class ReferenceCache {
  /// An answer as the model sees it.
  package struct Key: Sendable, Hashable {
    fileprivate let words: SIMD4<UInt64>

    /// - Parameter branch: its place in the example.
    package init(_ example: TokenizedExample, branch: Int) {
      let answer = example.branches[branch]
      var hasher = Digest.Hasher()
      hasher.update("\(example.prompt.count) \(answer.tokens.count) \(answer.scored.count)\n")
      example.prompt.withUnsafeBytes { hasher.update($0) }
      answer.tokens.withUnsafeBytes { hasher.update($0) }
      answer.scored.map { UInt32(truncatingIfNeeded: $0) }.withUnsafeBytes { hasher.update($0) }
      words = Self.words(hasher.finish())
    }

    fileprivate static func words(_ digest: Digest) -> SIMD4<UInt64> {
      var words = SIMD4<UInt64>()
      var rest = digest.hex[...]
      for index in 0..<4 {
        words[index] = UInt64(rest.prefix(16), radix: 16) ?? 0
        rest = rest.dropFirst(16)
      }
      return words
    }
  }

  private static let magic = Array("PENCHREF".utf8) + bytes(UInt32(1))
  private static let headerSize = magic.count + 32
  private static let keySize = 36
  /// Tokens of one answer at most; a larger count is no count.
  private static let longest = 1 << 24

  package let path: String
  /// Answers that stood in the file when it was opened.
  package private(set) var knownAtOpening = 0
  /// Bytes of a torn end that were cut off.
  package private(set) var discardedBytes = 0
  /// Whether new values are kept: not while another process writes to the file, nor after the disk has refused.
  package private(set) var isWritable: Bool
  private let descriptor: Int32
  private var places: [Key: (offset: Int, count: Int)] = [:]
  private var end = 0

  /// Opens the cache of a model, creating folder and file if need be.
  /// - Throws: `CoreError` if the file cannot be made or read.
  package init(folder: String, identity: Digest) throws(CoreError) {
    try FileSystem.createDirectories(folder)
    path = FileSystem.join(folder, "\(identity.hex).logps")
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw CoreError(.writeFailed(path: path, errno: errno)) }
    isWritable = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    let header = Self.magic + Self.bytes(Key.words(identity))
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CoreError(.readFailed(path: path, errno: errno))
    }
    let size = Int(status.st_size)
    guard read(at: 0, count: Self.headerSize) == header else {
      if isWritable, ftruncate(descriptor, 0) == 0, write(header, at: 0) {
        end = header.count
      } else {
        isWritable = false
      }
      return
    }
    end = header.count
    while let head = read(at: end, count: Self.keySize) {
      let count = Int(Self.word(head, at: 0))
      let next = end + Self.keySize + 4 * count + 4
      guard (1...Self.longest).contains(count), next <= size else { break }
      places[Key(words: Self.words(head, at: 4))] = (end, count)
      end = next
    }
    discardedBytes = size - end
    if isWritable, discardedBytes > 0, ftruncate(descriptor, off_t(end)) != 0 { isWritable = false }
    knownAtOpening = places.count
  }

  deinit { close(descriptor) }

  /// Answers it has.
  package var count: Int { places.count }
  /// Bytes on the disk.
  package var byteCount: Int { end }

  package func contains(_ key: Key) -> Bool { places[key] != nil }

  /// The values of an answer; nil if it has none, or none that pass their check.
  package func values(_ key: Key) -> [Float]? {
    guard let (offset, count) = places[key] else { return nil }
    let size = Self.keySize + 4 * count
    guard let record = read(at: offset, count: size + 4),
      CRC32C.checksum(record[..<size]) == Self.word(record, at: size),
      Self.words(record, at: 4) == key.words
    else {
      places[key] = nil
      return nil
    }
    return (0..<count).map {
      Float(bitPattern: Self.word(record, at: Self.keySize + 4 * $0))
    }
  }

  /// Adds an answer's values, unless they cannot be kept (``isWritable``) or are not all finite.
  package func add(_ key: Key, _ values: [Float]) {
    guard isWritable, !contains(key), !values.isEmpty, values.allSatisfy(\.isFinite) else { return }
    var record = Self.bytes(UInt32(values.count)) + Self.bytes(key.words)
    for value in values { record += Self.bytes(value.bitPattern) }
    record += Self.bytes(CRC32C.checksum(record))
    guard write(record, at: end) else {
      // What was written of it is cut off now, or by the next opening.
      _ = ftruncate(descriptor, off_t(end))
      isWritable = false
      return
    }
    places[key] = (end, values.count)
    end += record.count
  }
}

// MARK: - Bytes

extension ReferenceCache {
  private func read(at offset: Int, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      done += got
    }
    return bytes
  }

  private func write(_ bytes: [UInt8], at offset: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { return false }
      done += put
    }
    return true
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func bytes(_ words: SIMD4<UInt64>) -> [UInt8] {
    (0..<4).flatMap { bytes(words[$0]) }
  }

  private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
  }

  private static func words(_ bytes: [UInt8], at offset: Int) -> SIMD4<UInt64> {
    var words = SIMD4<UInt64>()
    for index in 0..<4 {
      words[index] =
        UInt64(word(bytes, at: offset + 8 * index))
        | UInt64(word(bytes, at: offset + 8 * index + 4)) << 32
    }
    return words
  }
}

extension ReferenceCache.Key {
  fileprivate init(words: SIMD4<UInt64>) { self.words = words }
}
