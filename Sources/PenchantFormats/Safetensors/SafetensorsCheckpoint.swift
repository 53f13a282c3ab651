internal import PenchantCore

/// A tensor of a checkpoint: its description and the file that holds its bytes.
package struct CheckpointTensor: Sendable {
  package let entry: SafetensorsEntry
  package let file: SafetensorsFile

  package var name: String { entry.name }
  package var type: ElementType { entry.type }
  package var shape: [Int] { entry.shape }
  package var elementCount: Int { entry.elementCount }

  /// The tensor's bytes, little endian, at any alignment; valid while `file` lives.
  package var bytes: UnsafeRawBufferPointer { file.bytes(of: entry) }
}

/// The weights of a model folder: one safetensors file, or several with an index.
package final class SafetensorsCheckpoint: Sendable {
  /// The folder, or the file if the checkpoint was opened as one.
  package let path: String
  /// The files, in the order of their names.
  package let files: [SafetensorsFile]
  /// The names of all tensors in byte order.
  package let names: [String]

  private let owners: [ExactText: Int]

  /// Opens the weights in `folder`: `model.safetensors`, or the shards that
  /// `model.safetensors.index.json` names.
  ///
  /// - Throws: ``FormatsError``: no weights, only pickled ones (`.bin`, `.pt`), a missing or malformed
  ///   shard, a tensor that is not where the index says.
  package convenience init(folder: String) throws(FormatsError) {
    let single = FileSystem.join(folder, "model.safetensors")
    let index = FileSystem.join(folder, "model.safetensors.index.json")
    if FileSystem.exists(single) {
      try self.init(path: folder, files: [try SafetensorsFile(path: single)])
    } else if FileSystem.exists(index) {
      let shards = try ShardIndex(path: index)
      var files: [SafetensorsFile] = []
      for name in shards.files {
        let path = FileSystem.join(folder, name)
        guard FileSystem.exists(path) else {
          throw FormatsError(.invalidIndex(path: index, .missingShard(name)))
        }
        files.append(try SafetensorsFile(path: path))
      }
      try shards.check(files)
      try self.init(path: folder, files: files)
    } else {
      throw Self.noWeights(in: folder)
    }
  }

  /// Opens the weights in an adapter folder, `adapter_model.safetensors`.
  package convenience init(adapterFolder folder: String) throws(FormatsError) {
    let path = FileSystem.join(folder, AdapterConfiguration.weightsFileName)
    guard FileSystem.exists(path) else { throw Self.noWeights(in: folder) }
    try self.init(path: folder, files: [try SafetensorsFile(path: path)])
  }

  /// Opens one file as a checkpoint.
  package convenience init(file path: String) throws(FormatsError) {
    try self.init(path: path, files: [try SafetensorsFile(path: path)])
  }

  private init(path: String, files: [SafetensorsFile]) throws(FormatsError) {
    var owners: [ExactText: Int] = [:]
    for (position, file) in files.enumerated() {
      for name in file.names {
        guard let other = owners.updateValue(position, forKey: ExactText(name)) else { continue }
        throw FormatsError(
          .invalidIndex(
            path: path,
            .tensorInTwoShards(
              tensor: name, first: FileSystem.name(of: files[other].path),
              second: FileSystem.name(of: file.path))))
      }
    }
    self.path = path
    self.files = files
    self.owners = owners
    names = owners.keys.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether there is a tensor with this name.
  package func contains(_ name: String) -> Bool { owners[ExactText(name)] != nil }

  /// The tensor with this name.
  /// - Throws: ``FormatsError`` naming one that looks like it, if there is none.
  package func tensor(named name: String) throws(FormatsError) -> CheckpointTensor {
    guard let owner = owners[ExactText(name)], let entry = files[owner][name] else {
      throw FormatsError(
        .tensorNotFound(name: name, path: path, nearest: nearestName(to: name, in: names)))
    }
    return CheckpointTensor(entry: entry, file: files[owner])
  }

  /// The tensor with this name, which must have this shape and a type that can be computed with.
  /// - Throws: ``FormatsError`` with both shapes if it has another.
  package func require(_ name: String, shape: [Int]) throws(FormatsError) -> CheckpointTensor {
    let tensor = try tensor(named: name)
    guard tensor.shape == shape else {
      throw FormatsError(
        .wrongShape(name: name, path: tensor.file.path, expected: shape, found: tensor.shape))
    }
    guard tensor.type.isSupported else {
      throw FormatsError(
        .unsupportedType(name: name, path: tensor.file.path, type: tensor.type.rawValue))
    }
    return tensor
  }

  private static func noWeights(in folder: String) -> FormatsError {
    let names: [String]
    do { names = try FileSystem.list(folder) } catch { return FormatsError(.file(error)) }
    let pickled = names.first { name in
      [".bin", ".pt", ".pth", ".ckpt"].contains { name.hasSuffix($0) }
        && name != "training_args.bin"
    }
    guard let pickled else { return FormatsError(.noWeights(folder: folder)) }
    return FormatsError(.pickledWeights(folder: folder, file: pickled))
  }
}
