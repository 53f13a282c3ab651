internal import PenchantCore

/// `model.safetensors.index.json`: which shard holds which tensor.
struct ShardIndex {
  let path: String
  /// The shards' plain names, each once, in byte order; none leads out of the folder.
  let files: [String]
  private let shardOfTensor: [(tensor: String, shard: String)]

  init(path: String) throws(FormatsError) {
    let json: JSON
    do { json = try FileSystem.readJSON(path) } catch { throw FormatsError(.file(error)) }
    guard let map = json["weight_map"]?.object, !map.isEmpty else {
      throw FormatsError(.invalidIndex(path: path, .noWeightMap))
    }
    var shardOfTensor: [(tensor: String, shard: String)] = []
    for (tensor, value) in map.members {
      guard let shard = value.string else {
        throw FormatsError(.invalidIndex(path: path, .shardNotText(tensor: tensor)))
      }
      guard Self.isPlainName(shard) else {
        throw FormatsError(.invalidIndex(path: path, .unsafeShardName(shard)))
      }
      shardOfTensor.append((tensor, shard))
    }
    self.path = path
    self.shardOfTensor = shardOfTensor
    files = Set(shardOfTensor.map(\.shard)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  /// The name is text from outside and must stay in the folder.
  private static func isPlainName(_ name: String) -> Bool {
    !name.hasPrefix(".") && name.hasSuffix(".safetensors")
      && name.utf8.allSatisfy { $0 > 0x1f && $0 != 0x2f && $0 != 0x5c && $0 != 0x7f }
  }

  /// Checks that every tensor is in the shard it is said to be in.
  func check(_ opened: [SafetensorsFile]) throws(FormatsError) {
    var fileOfShard: [String: SafetensorsFile] = [:]
    for (name, file) in zip(files, opened) { fileOfShard[name] = file }
    for (tensor, shard) in shardOfTensor where fileOfShard[shard]?[tensor] == nil {
      throw FormatsError(
        .invalidIndex(path: path, .tensorNotInShard(tensor: tensor, shard: shard)))
    }
  }
}
