/// Reads what a gzip file holds (RFC 1952), one chunk after the other, in constant memory.
///
/// Several members one after the other are read as one. Length and CRC-32 of each are checked.
package final class GzipReader {
  /// The name of the file, for messages.
  package let path: String
  private let inflater: Inflater
  private let file: RandomAccessFile
  private var checksum = CRC32()
  private var memberLength: UInt32 = 0
  private var total = 0
  private var isInMember = false
  private var members = 0
  private var ended = false

  /// Text does not become this many times smaller; beyond the first megabytes a file that claims to is a bomb.
  private static let largestRatio = 256
  private static let alwaysAllowed = 1 << 26

  package init(_ file: RandomAccessFile) {
    path = file.path
    self.file = file
    var offset = 0
    inflater = Inflater { buffer throws(CoreError) in
      let count = try file.read(at: offset, into: buffer)
      offset += count
      return count
    }
  }

  /// Hands the next chunk to `body`; false behind the last.
  /// - Throws: ``CoreError`` where the file is damaged, or grows beyond what text can.
  package func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(CoreError) -> Bool {
    if ended { return false }
    do throws(Inflater.Fault) {
      while true {
        if !isInMember {
          guard try readHeader() else {
            ended = true
            return false
          }
        }
        var count = 0
        let hasMore = try inflater.next { bytes in
          checksum.update(bytes)
          count = bytes.count
          body(bytes)
        }
        memberLength &+= UInt32(truncatingIfNeeded: count)
        total += count
        if !hasMore { try readTrailer() }
        if count > 0 { break }
      }
    } catch {
      ended = true
      if let failure = inflater.readingFailure { throw failure }
      throw CoreError(.damagedArchive(path: path, problem: error.phrase))
    }
    if total > Self.alwaysAllowed, total / Self.largestRatio > file.size {
      ended = true
      throw CoreError(.expandsTooFar(path: path, ratio: Self.largestRatio))
    }
    return true
  }

  /// Reads the header of a member; false at the end of the file.
  private func readHeader() throws(Inflater.Fault) -> Bool {
    var first = try inflater.byte()
    // Some writers pad the end with zeros.
    if members > 0 { while first == 0 { first = try inflater.byte() } }
    guard let first else {
      if members == 0 { throw .endsEarly }
      return false
    }
    guard first == 0x1f, try required() == 0x8b else {
      throw Inflater.Fault(members == 0 ? "it is not gzip" : "something else follows the gzip data")
    }
    guard try required() == 8 else { throw Inflater.Fault("it is compressed in an unknown way") }
    let flags = try required()
    guard flags & 0xe0 == 0 else { throw Inflater.Fault("it has flags that do not exist") }
    // Time, extra flags, operating system.
    for _ in 0..<6 { _ = try required() }
    if flags & 4 != 0 {
      let length = Int(try required()) | Int(try required()) << 8
      for _ in 0..<length { _ = try required() }
    }
    // Name and comment end with a zero.
    for flag in [8, 16] as [UInt8] where flags & flag != 0 { while try required() != 0 {} }
    if flags & 2 != 0 { for _ in 0..<2 { _ = try required() } }
    inflater.begin()
    checksum = CRC32()
    memberLength = 0
    isInMember = true
    members += 1
    return true
  }

  private func readTrailer() throws(Inflater.Fault) {
    inflater.alignToByte()
    var words: [UInt32] = []
    for _ in 0..<2 {
      var word: UInt32 = 0
      for shift in stride(from: 0, to: 32, by: 8) {
        word |= UInt32(try required()) << UInt32(shift)
      }
      words.append(word)
    }
    guard words[0] == checksum.value else { throw Inflater.Fault("its checksum is wrong") }
    guard words[1] == memberLength else { throw Inflater.Fault("its length is wrong") }
    isInMember = false
  }

  private func required() throws(Inflater.Fault) -> UInt8 {
    guard let byte = try inflater.byte() else { throw .endsEarly }
    return byte
  }
}

/// The checksum of gzip and others: CRC-32 with the reflected polynomial 0xEDB88320, eight bytes a step.
struct CRC32 {
  private var state: UInt32 = 0xffff_ffff

  var value: UInt32 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { tables in
      var crc = state
      var position = 0
      while position + 8 <= bytes.count {
        let low = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian ^ crc
        let high = bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self).littleEndian
        crc =
          tables[7 << 8 | Int(low & 255)] ^ tables[6 << 8 | Int(low >> 8 & 255)]
          ^ tables[5 << 8 | Int(low >> 16 & 255)] ^ tables[4 << 8 | Int(low >> 24)]
          ^ tables[3 << 8 | Int(high & 255)] ^ tables[2 << 8 | Int(high >> 8 & 255)]
          ^ tables[1 << 8 | Int(high >> 16 & 255)] ^ tables[Int(high >> 24)]
        position += 8
      }
      while position < bytes.count {
        crc = tables[Int((crc ^ UInt32(bytes[position])) & 255)] ^ crc >> 8
        position += 1
      }
      state = crc
    }
  }

  /// Eight tables of 256: table t holds the remainder of a byte that t bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 << 8)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xedb8_8320 : 0) }
      tables[byte] = remainder
    }
    for table in 1..<8 {
      for byte in 0..<256 {
        let last = tables[(table - 1) << 8 | byte]
        tables[table << 8 | byte] = last >> 8 ^ tables[Int(last & 255)]
      }
    }
    return tables
  }()
}
