import PenchantCore
import PenchantModel
import Testing

@Suite struct ReferenceCacheTests {
  private final class Folder {
    let path: String
    init() throws {
      var generator = SystemRandomNumberGenerator()
      path = FileSystem.join(
        FileSystem.parent(of: #filePath), "../../.build/cache-tests/\(generator.next())")
    }
    deinit { try? FileSystem.removeTree(path) }
  }

  private let identity = Digest.sha256(Array("a model".utf8))

  private func key(
    prompt: [Int32] = [1, 2], tokens: [Int32] = [3, 4], scored: [Int] = [2, 3]
  ) -> ReferenceCache.Key {
    .init(
      TokenizedExample(
        id: "x", index: 0, prompt: prompt, branches: [.init(tokens: tokens, scored: scored)]),
      branch: 0)
  }

  private func bytes(_ cache: ReferenceCache) throws -> [UInt8] { try FileSystem.read(cache.path) }

  @Test("gives back the bits it was given, also when opened again") func roundTrip() throws {
    let folder = try Folder()
    let values: [Float] = [-0.1, -1e-30, -0, -123.456]
    do {
      let cache = try ReferenceCache(folder: folder.path, identity: identity)
      #expect(cache.values(key()) == nil)
      cache.add(key(), values)
      #expect(cache.values(key())?.map(\.bitPattern) == values.map(\.bitPattern))
    }
    let again = try ReferenceCache(folder: folder.path, identity: identity)
    #expect(again.knownAtOpening == 1 && again.isWritable && again.discardedBytes == 0)
    #expect(again.values(key())?.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test("prompt, answer, and which tokens count each make another key; the other answer does not")
  func keys() {
    let all = [
      key(), key(prompt: [1, 3]), key(tokens: [3, 5]), key(scored: [3]),
      key(prompt: [1], tokens: [2, 3, 4]),
    ]
    #expect(Set(all).count == all.count)
    let pair = TokenizedExample(
      id: "other", index: 9, prompt: [1, 2],
      branches: [.init(tokens: [7], scored: [2]), .init(tokens: [3, 4], scored: [2, 3])], weight: 2)
    #expect(ReferenceCache.Key(pair, branch: 1) == key())
  }

  @Test("a record torn anywhere is cut off, and what stands before it stays") func torn() throws {
    let folder = try Folder()
    let (first, second) = (key(), key(tokens: [9]))
    let path: String
    var whole: [UInt8]
    do {
      let cache = try ReferenceCache(folder: folder.path, identity: identity)
      cache.add(first, [-1, -2])
      cache.add(second, [-3])
      path = cache.path
      whole = try bytes(cache)
    }
    let end = whole.count - (4 + 32 + 4 + 4)
    for length in [end, end + 1, end + 4, end + 35, end + 36, whole.count - 1] {
      try AtomicFile.write(path: path, contents: Array(whole[..<length]))
      let cache = try ReferenceCache(folder: folder.path, identity: identity)
      #expect(cache.discardedBytes == length - end, "\(length)")
      #expect(cache.values(first) == [-1, -2] && cache.values(second) == nil)
      cache.add(second, [-3])
      #expect(try bytes(cache) == whole)
    }
  }

  @Test("a bit that flipped is noticed and the value computed again") func rotten() throws {
    let folder = try Folder()
    let path: String
    var whole: [UInt8]
    do {
      let cache = try ReferenceCache(folder: folder.path, identity: identity)
      cache.add(key(), [-1, -2])
      path = cache.path
      whole = try bytes(cache)
    }
    whole[whole.count - 6] ^= 4
    try AtomicFile.write(path: path, contents: whole)
    let cache = try ReferenceCache(folder: folder.path, identity: identity)
    #expect(cache.contains(key()) && cache.values(key()) == nil && !cache.contains(key()))
    cache.add(key(), [-1, -2])
    #expect(cache.values(key()) == [-1, -2])
  }

  @Test(
    "any bytes in the file's place get at worst an empty cache",
    arguments: [
      [], [0], Array("PENCHREF".utf8), [UInt8](repeating: 0xff, count: 200),
      [UInt8](repeating: 0, count: 4096),
    ] as [[UInt8]])
  func foreign(contents: [UInt8]) throws {
    let folder = try Folder()
    let path: String
    do { path = try ReferenceCache(folder: folder.path, identity: identity).path }
    try AtomicFile.write(path: path, contents: contents)
    let cache = try ReferenceCache(folder: folder.path, identity: identity)
    #expect(cache.count == 0)
    cache.add(key(), [-1])
    #expect(cache.values(key()) == [-1])
  }

  @Test("a second owner reads and does not write") func shared() throws {
    let folder = try Folder()
    let first = try ReferenceCache(folder: folder.path, identity: identity)
    first.add(key(), [-1])
    let second = try ReferenceCache(folder: folder.path, identity: identity)
    #expect(!second.isWritable && second.values(key()) == [-1])
    second.add(key(tokens: [9]), [-2])
    #expect(second.values(key(tokens: [9])) == nil)
    first.add(key(tokens: [9]), [-3])
    #expect(first.values(key(tokens: [9])) == [-3])
  }

  @Test("numbers that are none are not kept") func finite() throws {
    let folder = try Folder()
    let cache = try ReferenceCache(folder: folder.path, identity: identity)
    cache.add(key(), [-1, .nan])
    cache.add(key(tokens: []), [])
    #expect(cache.count == 0)
  }
}
