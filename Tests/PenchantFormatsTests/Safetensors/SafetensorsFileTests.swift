import PenchantCore
import PenchantFormats
import Testing

@Suite("SafetensorsFile")
struct SafetensorsFileTests {
  private let entry = SafetensorsImage.entry

  @Test func readsWhatTheReferenceImplementationWrote() throws {
    let file = try SafetensorsFile(path: Fixtures.path("tensors.safetensors"))
    #expect(Set(file.names) == ["weight", "narrow", "count", "nothing", "flags"])
    #expect(file.metadata.map(\.key) == ["format"])
    #expect(file.metadata.map(\.value) == ["pt"])

    let weight = try #require(file["weight"])
    #expect(weight.type == .float32)
    #expect(weight.shape == [2, 3])
    #expect(weight.elementCount == 6)
    let values = (0..<6).map {
      file.bytes(of: weight).loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
    }
    #expect(values == [-0.5, -0.25, 0, 0.25, 0.5, 0.75])

    let narrow = try #require(file["narrow"])
    #expect(narrow.type == .bfloat16)
    // 1, −2.5 and 3.140625: the upper halves of their float32 patterns.
    #expect(Array(file.bytes(of: narrow)) == [0x80, 0x3f, 0x20, 0xc0, 0x49, 0x40])

    let count = try #require(file["count"])
    #expect(count.shape == [])
    #expect(file.bytes(of: count).loadUnaligned(as: Int64.self) == -7)

    let nothing = try #require(file["nothing"])
    #expect(nothing.shape == [0, 4])
    #expect(file.bytes(of: nothing).isEmpty)
    #expect(Array(file.bytes(of: try #require(file["flags"]))) == [1, 0, 1])
    #expect(file["weigh"] == nil)
  }

  @Test func acceptsTheSmallestFile() throws {
    #expect(try SafetensorsImage("{}").defect() == nil)
    #expect(try SafetensorsImage("{}      ").defect() == nil)
  }

  @Test func namesEveryTypeOfTheFormat() throws {
    for type in ElementType.allCases {
      let image = SafetensorsImage(
        "{\(entry("a", type.rawValue, "[3]", "[0,\(3 * type.byteCount)]"))}",
        data: 3 * type.byteCount)
      #expect(try image.defect() == nil)
    }
    #expect(!ElementType.float8E4M3.isSupported)
    #expect(ElementType.bfloat16.isSupported)
  }

  @Test func tensorsMayBeListedInAnyOrder() throws {
    let image = SafetensorsImage(
      "{\(entry("b", "U8", "[2]", "[3,5]")),\(entry("z", "F32", "[0]", "[3,3]")),"
        + "\(entry("a", "U8", "[3]", "[0,3]"))}", data: 5)
    #expect(try image.defect() == nil)
  }

  @Test(arguments: 0..<8)
  func headerTooSmall(bytes: Int) throws {
    #expect(
      try SafetensorsImage.defect([UInt8](repeating: 0, count: bytes)) == .tooShort(bytes: bytes))
  }

  @Test(arguments: [100_000_001, UInt64(Int64.max), .max, .max - 7])
  func headerTooLarge(length: UInt64) throws {
    var image = SafetensorsImage("{}")
    image.claimedLength = length
    #expect(try image.defect() == .headerTooLarge(bytes: length, limit: 100_000_000))
  }

  @Test func invalidHeaderLength() throws {
    var image = SafetensorsImage("{}")
    image.claimedLength = 3
    #expect(try image.defect() == .headerBeyondEnd(bytes: 3, available: 2))
    image.claimedLength = 1
    #expect(try image.defect() == .headerPadding)
    image.claimedLength = 0
    #expect(try image.defect() == .headerStart)
  }

  @Test(arguments: ["", " {}", "[]", "null", "\u{feff}{}", "x{}"])
  func headerThatDoesNotBeginWithABrace(header: String) throws {
    #expect(try SafetensorsImage(header).defect() == .headerStart)
  }

  @Test(arguments: ["{}\n", "{}\t ", "{}\0\0", "{} x", "{"])
  func paddingThatIsNotSpaces(header: String) throws {
    #expect(try SafetensorsImage(header).defect() == .headerPadding)
  }

  @Test(arguments: ["{a}", "{\"a\":}", "{} {}", "{\"a\":[[[[[[[[]]]]]]]]}", "{\"a\":NaN}"])
  func headerThatIsNotJSON(header: String) throws {
    guard case .headerNotJSON = try SafetensorsImage(header).defect() else {
      Issue.record("accepted")
      return
    }
  }

  @Test func headerThatIsNotUTF8() throws {
    var image = SafetensorsImage("{\"__metadata__\":{\"a\":\"b\"}}")
    image.header[22] = 0xff
    guard case .headerNotJSON(let cause) = try image.defect() else {
      Issue.record("accepted")
      return
    }
    #expect(cause.code == .invalidUTF8)
  }

  @Test func namesMustBeUnique() throws {
    for second in ["a", #"\u0061"#] {
      let image = SafetensorsImage(
        "{\(entry("a", "U8", "[1]", "[0,1]")),\(entry(second, "U8", "[1]", "[1,2]"))}", data: 2)
      guard case .headerNotJSON(let cause) = try image.defect() else {
        Issue.record("accepted")
        return
      }
      #expect(cause.code == .duplicateKey)
    }
  }

  @Test func metadataMustBeText() throws {
    #expect(
      try SafetensorsImage(#"{"__metadata__":{"a":1}}"#).defect() == .metadataNotText(key: "a"))
    #expect(try SafetensorsImage(#"{"__metadata__":[]}"#).defect() == .metadataNotText(key: nil))
    #expect(
      try SafetensorsImage(#"{"__metadata__":{"a":null}}"#).defect() == .metadataNotText(key: "a"))
  }

  @Test(arguments: [
    #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{"dtype":"U8","shape":[0]}}"#,
    #"{"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":0,"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":1}}"#,
  ])
  func entriesWithWrongFields(header: String) throws {
    switch try SafetensorsImage(header).defect() {
    case .invalidEntry, .invalidOffsets: break
    case let other: Issue.record("got \(String(describing: other))")
    }
  }

  @Test func unknownTypes() throws {
    let image = SafetensorsImage("{\(entry("a", "F12", "[1]", "[0,1]"))}", data: 1)
    #expect(try image.defect() == .unknownType(name: "a", type: "F12"))
  }

  @Test(arguments: [
    "[-1]", "[1.0]", "[1e0]", "[\"1\"]", "[null]", "[99999999999999999999]", "[-0]",
  ])
  func shapesThatAreNotNaturalNumbers(shape: String) throws {
    let image = SafetensorsImage("{\(entry("a", "U8", shape, "[0,1]"))}", data: 1)
    #expect(try image.defect() == .invalidShape(name: "a"))
  }

  /// The product must not wrap around to a size that fits.
  @Test(arguments: [
    "[9223372036854775807,2]", "[4294967296,4294967296]", "[4611686018427387904,4]",
    "[2,9223372036854775807]", "[4611686018427387904,0]",
  ])
  func validationOverflow(shape: String) throws {
    let image = SafetensorsImage("{\(entry("a", "F32", shape, "[0,0]"))}")
    #expect(try image.defect() == .sizeOverflow(name: "a"))
  }

  @Test(arguments: [
    "[1,0]", "[0]", "[0,1,2]", "[-1,0]", "[0,9]", "[0,9223372036854775807]",
    "[0,18446744073709551615]",
    "[9223372036854775807,9223372036854775807]", "[0.0,1.0]", "{}", "[]",
  ])
  func offsetsThatMakeNoRange(offsets: String) throws {
    let image = SafetensorsImage("{\(entry("a", "U8", "[1]", offsets))}", data: 8)
    #expect(try image.defect() == .invalidOffsets(name: "a"))
  }

  @Test func sizeMustFollowFromTheShape() throws {
    let image = SafetensorsImage("{\(entry("a", "F32", "[2]", "[0,7]"))}", data: 7)
    #expect(try image.defect() == .wrongSize(name: "a", expected: 8, found: 7))
  }

  @Test func overlapsAndHoles() throws {
    let first = entry("a", "U8", "[4]", "[0,4]")
    for (offsets, start) in [("[3,7]", 3), ("[5,9]", 5), ("[0,4]", 0)] {
      let image = SafetensorsImage("{\(first),\(entry("b", "U8", "[4]", offsets))}", data: 9)
      #expect(try image.defect() == .overlapOrHole(name: "b", expected: 4, found: start))
    }
    let late = SafetensorsImage("{\(entry("a", "U8", "[4]", "[1,5]"))}", data: 5)
    #expect(try late.defect() == .overlapOrHole(name: "a", expected: 0, found: 1))
    // An empty tensor in the middle of another one.
    let inside = SafetensorsImage("{\(first),\(entry("b", "U8", "[0]", "[2,2]"))}", data: 4)
    #expect(try inside.defect() == .overlapOrHole(name: "b", expected: 4, found: 2))
  }

  @Test func dataMustEndWithTheFile() throws {
    let header = "{\(entry("a", "U8", "[4]", "[0,4]"))}"
    #expect(
      try SafetensorsImage(header, data: 5).defect() == .dataLength(expected: 4, found: 5))
    #expect(try SafetensorsImage(header, data: 3).defect() == .invalidOffsets(name: "a"))
    #expect(try SafetensorsImage("{}", data: 1).defect() == .dataLength(expected: 0, found: 1))
  }

  @Test func namesThatDifferOnlyInNormalizationAreTwo() throws {
    let image = SafetensorsImage(
      "{\(entry("\u{e9}", "U8", "[1]", "[0,1]")),\(entry("e\u{301}", "U8", "[1]", "[1,2]"))}",
      data: 2)
    let folder = try TemporaryFolder()
    let file = try SafetensorsFile(path: folder.write("a", image.bytes))
    #expect(Array(file.bytes(of: try #require(file["e\u{301}"]))) == [1])
  }

  /// A cut or flipped file is refused or read within its bounds; it never ends the process.
  @Test func survivesEveryTruncationAndFlippedBit() throws {
    let bytes = try FileSystem.read(Fixtures.path("tensors.safetensors"))
    let folder = try TemporaryFolder()
    for length in bytes.indices {
      let path = try folder.write("cut", Array(bytes[..<length]))
      #expect(throws: FormatsError.self) { try SafetensorsFile(path: path) }
    }
    for position in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[position] ^= 1 << bit
        let path = try folder.write("flipped", changed)
        guard let file = try? SafetensorsFile(path: path) else { continue }
        var sum = 0
        for entry in file.entries { sum += file.bytes(of: entry).count }
        #expect(sum <= bytes.count)
      }
    }
  }

  @Test func saysWhatIsWrongAndWhatToDo() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.safetensors", SafetensorsImage("{}", data: 1).bytes)
    let error = #expect(throws: FormatsError.self) { try SafetensorsFile(path: path) }
    #expect(
      error?.description == """
        \(path) is not a valid safetensors file: its tensors take 0 bytes, the file has 1 for them
          fetch or write the file again; a partial download looks like this
        """)
    let missing = #expect(throws: FormatsError.self) { try SafetensorsFile(path: folder("none")) }
    #expect(missing?.code == .file(CoreError(.fileNotFound(path: folder("none")))))
    #expect(missing?.identifier == "file-not-found")
  }
}
