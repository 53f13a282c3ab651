import PenchantCore
import PenchantFormats
import Testing

@Suite("SafetensorsCheckpoint")
struct SafetensorsCheckpointTests {
  private func writeShard(_ path: String, _ names: [String]) throws {
    let writer = try SafetensorsWriter(
      path: path, tensors: names.map { SafetensorsDescription(name: $0, type: .uint8, shape: [1]) })
    for name in names { try writer.append([7], to: name) }
    try writer.finish()
  }

  private func defect(_ folder: TemporaryFolder, index: String) throws -> IndexDefect? {
    try folder.write("model.safetensors.index.json", index)
    let error = #expect(throws: FormatsError.self) {
      try SafetensorsCheckpoint(folder: folder.path)
    }
    guard case .invalidIndex(_, let defect) = error?.code else { return nil }
    return defect
  }

  @Test func opensOneFile() throws {
    let folder = try TemporaryFolder()
    try writeShard(folder("model.safetensors"), ["b", "a"])
    let checkpoint = try SafetensorsCheckpoint(folder: folder.path)
    #expect(checkpoint.names == ["a", "b"])
    #expect(Array(try checkpoint.require("b", shape: [1]).bytes) == [7])
  }

  @Test func opensTheShardsTransformersWrote() throws {
    let checkpoint = try SafetensorsCheckpoint(folder: Fixtures.path("sharded"))
    #expect(checkpoint.files.count == 3)
    #expect(checkpoint.names.count == 20)
    #expect(checkpoint.names.first == "model.embed_tokens.weight")
    for name in checkpoint.names {
      let tensor = try checkpoint.tensor(named: name)
      #expect(tensor.bytes.count == tensor.elementCount * 4)
    }
    let elements = try checkpoint.names.map { try checkpoint.tensor(named: $0).elementCount }
    #expect(elements.reduce(0, +) == 1088)  // total_parameters in the index
  }

  @Test func namesTheNearestTensor() throws {
    let checkpoint = try SafetensorsCheckpoint(folder: Fixtures.path("sharded"))
    #expect(checkpoint.contains("model.norm.weight"))
    let error = #expect(throws: FormatsError.self) {
      try checkpoint.tensor(named: "model.norms.weight")
    }
    #expect(
      error?.description == """
        \(Fixtures.path("sharded")) has no tensor 'model.norms.weight'
          the nearest name is 'model.norm.weight'
        """)
  }

  @Test func namesBothShapes() throws {
    let checkpoint = try SafetensorsCheckpoint(folder: Fixtures.path("sharded"))
    let error = #expect(throws: FormatsError.self) {
      try checkpoint.require("model.norm.weight", shape: [8, 1])
    }
    #expect(
      error?.message == "tensor 'model.norm.weight' in "
        + "\(Fixtures.path("sharded/model-00003-of-00003.safetensors")) has shape [8]; "
        + "the configuration asks for [8, 1]")
  }

  @Test func typesKnownByNameAreRefusedWhenUsed() throws {
    let folder = try TemporaryFolder()
    let image = SafetensorsImage(
      "{\(SafetensorsImage.entry("a", "F8_E4M3", "[2]", "[0,2]"))}", data: 2)
    try folder.write("model.safetensors", image.bytes)
    let checkpoint = try SafetensorsCheckpoint(folder: folder.path)
    let error = #expect(throws: FormatsError.self) { try checkpoint.require("a", shape: [2]) }
    #expect(error?.identifier == "unsupported-element-type")
  }

  @Test(arguments: [
    "../model.safetensors", "/etc/model.safetensors", "sub/model.safetensors", "..",
    ".hidden.safetensors", "a\\b.safetensors", "model.bin", "", "a\u{0}.safetensors",
  ])
  func shardNamesStayInTheFolder(name: String) throws {
    let folder = try TemporaryFolder()
    let index: JSON = ["weight_map": ["a": .string(name)]]
    #expect(try defect(folder, index: index.text()) == .unsafeShardName(name))
  }

  @Test func indexAndShardsMustAgree() throws {
    let folder = try TemporaryFolder()
    let one = "1.safetensors"
    let two = "2.safetensors"
    try writeShard(folder(one), ["a"])
    #expect(
      try defect(folder, index: #"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#)
        == .missingShard(two))
    #expect(
      try defect(folder, index: #"{"weight_map": {"a": "1.safetensors", "b": "1.safetensors"}}"#)
        == .tensorNotInShard(tensor: "b", shard: one))
    try writeShard(folder(two), ["a", "b"])
    #expect(
      try defect(folder, index: #"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#)
        == .tensorInTwoShards(tensor: "a", first: one, second: two))
  }

  @Test(arguments: ["[]", "{}", #"{"weight_map": {}}"#, #"{"weight_map": []}"#])
  func indexWithoutMap(index: String) throws {
    #expect(try defect(TemporaryFolder(), index: index) == .noWeightMap)
  }

  @Test func indexThatIsNoIndex() throws {
    let folder = try TemporaryFolder()
    #expect(
      try defect(folder, index: #"{"weight_map": {"a": 1}}"#) == .shardNotText(tensor: "a"))
    try folder.write("model.safetensors.index.json", "{")
    let error = #expect(throws: FormatsError.self) {
      try SafetensorsCheckpoint(folder: folder.path)
    }
    #expect(error?.identifier == "invalid-json")
  }

  @Test func pickledWeightsAreRefusedWithTheWayOut() throws {
    let folder = try TemporaryFolder()
    try folder.write("pytorch_model.bin", "")
    let error = #expect(throws: FormatsError.self) {
      try SafetensorsCheckpoint(folder: folder.path)
    }
    #expect(
      error?.description == """
        \(folder.path) has its weights as pytorch_model.bin, a Python pickle that can run any \
        program when read
          convert it where you trust it: in Python, with transformers, \
        AutoModelForCausalLM.from_pretrained(…).save_pretrained(…, safe_serialization=True)
        """)
  }

  @Test func opensAnAdapter() throws {
    let folder = try TemporaryFolder()
    try folder.write("adapter_model.bin", "")
    let error = #expect(throws: FormatsError.self) {
      try SafetensorsCheckpoint(adapterFolder: folder.path)
    }
    #expect(
      error?.code == .pickledWeights(folder: folder.path, file: "adapter_model.bin"))
    try writeShard(folder("adapter_model.safetensors"), ["a"])
    #expect(try SafetensorsCheckpoint(adapterFolder: folder.path).names == ["a"])
  }

  @Test func foldersWithoutWeights() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FormatsError(.noWeights(folder: folder.path))) {
      try SafetensorsCheckpoint(folder: folder.path)
    }
    #expect(throws: FormatsError(.file(CoreError(.fileNotFound(path: folder("none")))))) {
      try SafetensorsCheckpoint(folder: folder("none"))
    }
  }
}
