package import PenchantCore

/// What can be wrong with a model folder, an adapter folder or the files in them.
package struct FormatsError: PenchantFailure, Equatable {
  package enum Code: Equatable, Sendable {
    /// A file could not be read or written.
    case file(CoreError)
    /// A safetensors file breaks a rule of its format.
    case safetensors(path: String, SafetensorsDefect)
    /// The tensors given to a safetensors writer cannot be written.
    case writing(path: String, SafetensorsWriterDefect)
    /// The folder is not what was asked for; another is, or is at least known for what it is.
    case otherFolder(folder: String, wanted: FolderRole, found: FolderRole, at: String)
    /// The folder has no weights this program reads.
    case noWeights(folder: String)
    /// The folder has weights only in a format that can run code when read.
    case pickledWeights(folder: String, file: String)
    /// model.safetensors.index.json is not what it should be.
    case invalidIndex(path: String, IndexDefect)
    /// No tensor has this name; `nearest` is one that looks like it.
    case tensorNotFound(name: String, path: String, nearest: String?)
    /// The tensor is there with another shape.
    case wrongShape(name: String, path: String, expected: [Int], found: [Int])
    /// The tensor's element type is known by name only.
    case unsupportedType(name: String, path: String, type: String)
    /// A configuration file does not describe something this program can do.
    case configuration(path: String, ConfigurationDefect)
    /// A tensor of an adapter has a name no adapter of this kind has.
    case adapterTensorName(name: String, path: String)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}

/// Which rule a safetensors file breaks.
package enum SafetensorsDefect: Error, Equatable, Sendable {
  case tooShort(bytes: Int)
  case headerTooLarge(bytes: UInt64, limit: Int)
  case headerBeyondEnd(bytes: Int, available: Int)
  case headerStart
  case headerNotJSON(JSONError)
  case headerPadding
  case metadataNotText(key: String?)
  case invalidEntry(name: String, field: String?)
  case unknownType(name: String, type: String)
  case invalidShape(name: String)
  case sizeOverflow(name: String)
  case wrongSize(name: String, expected: Int, found: Int)
  case invalidOffsets(name: String)
  case overlapOrHole(name: String, expected: Int, found: Int)
  case dataLength(expected: Int, found: Int)
}

/// Why tensors cannot be written as safetensors.
package enum SafetensorsWriterDefect: Error, Equatable, Sendable {
  case duplicateName(String)
  case reservedName(String)
  case invalidShape(name: String)
  case headerTooLarge(bytes: Int, limit: Int)
  case wrongOrder(expected: String?, got: String)
  case wrongByteCount(name: String, expected: Int, got: Int)
  case incomplete(written: Int, of: Int)
}

/// What is wrong with an index of shards.
package enum IndexDefect: Equatable, Sendable {
  case noWeightMap
  case shardNotText(tensor: String)
  case unsafeShardName(String)
  case missingShard(String)
  case tensorNotInShard(tensor: String, shard: String)
  case tensorInTwoShards(tensor: String, first: String, second: String)
}

/// Why a configuration cannot be used.
package enum ConfigurationDefect: Equatable, Sendable {
  case notObject
  case missing(key: String)
  case wrongType(key: String, expected: String, found: String)
  case outOfRange(key: String, value: String, range: String)
  case unsupportedValue(key: String, value: String, supported: [String])
  case unknownKey(key: String)
  case contradiction(String)
  case unsupportedModel(type: String, kind: UnsupportedModel, supported: [String])
  case experts(key: String)
  case quantized(method: String)
}

/// Kinds of models that people have and that cannot be read.
package enum UnsupportedModel: Equatable, Sendable {
  case mixtureOfExperts, multimodal, recurrent
}
