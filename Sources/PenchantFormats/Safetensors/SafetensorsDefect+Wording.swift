internal import PenchantCore

extension SafetensorsDefect {
  var phrase: String {
    switch self {
    case .tooShort(let bytes): "\(bytes) bytes are too few for a header"
    case .headerTooLarge(let bytes, let limit):
      "its header claims \(bytes) bytes, at most \(limit) are allowed"
    case .headerBeyondEnd(let bytes, let available):
      "its header claims \(bytes) bytes, only \(available) follow"
    case .headerStart: "its header does not begin with '{'"
    case .headerNotJSON(let cause):
      "its header is not JSON at byte \(cause.offset): \(cause.phrase)"
    case .headerPadding: "its header does not end with '}' and spaces"
    case .metadataNotText(nil): "'__metadata__' is not an object"
    case .metadataNotText(let key?): "'__metadata__' has a value that is not text: '\(key)'"
    case .invalidEntry(let name, nil): "the entry of tensor '\(name)' is not an object"
    case .invalidEntry(let name, let field?):
      "the entry of tensor '\(name)' has a missing, wrong or unknown field '\(field)'"
    case .unknownType(let name, let type): "tensor '\(name)' has the unknown element type '\(type)'"
    case .invalidShape(let name): "the shape of tensor '\(name)' is not made of whole numbers"
    case .sizeOverflow(let name): "the size of tensor '\(name)' is beyond all memory"
    case .wrongSize(let name, let expected, let found):
      "tensor '\(name)' needs \(expected) bytes for its shape and has \(found)"
    case .invalidOffsets(let name):
      "the offsets of tensor '\(name)' are not two ascending numbers within the file"
    case .overlapOrHole(let name, let expected, let found):
      "tensor '\(name)' begins at byte \(found) of the data, not at \(expected)"
    case .dataLength(let expected, let found):
      "its tensors take \(expected) bytes, the file has \(found) for them"
    }
  }
}

extension SafetensorsWriterDefect {
  var phrase: String {
    switch self {
    case .duplicateName(let name): "two tensors are called '\(name)'"
    case .reservedName(let name): "no tensor can be called '\(name)'"
    case .invalidShape(let name): "the shape of tensor '\(name)' is negative or too large"
    case .headerTooLarge(let bytes, let limit):
      "its header would take \(bytes) bytes, at most \(limit) are allowed"
    case .wrongOrder(let expected?, let got): "tensor '\(expected)' comes next, not '\(got)'"
    case .wrongOrder(nil, let got): "tensor '\(got)' comes after the last"
    case .wrongByteCount(let name, let expected, let got):
      "tensor '\(name)' has \(expected) bytes, got \(got)"
    case .incomplete(let written, let count): "only \(written) of \(count) tensors were given"
    }
  }
}

extension IndexDefect {
  var phrase: String {
    switch self {
    case .noWeightMap: "'weight_map' is missing, empty or not an object"
    case .shardNotText(let tensor): "the file of tensor '\(tensor)' is not given as text"
    case .unsafeShardName(let name): "'\(name)' is not the plain name of a .safetensors file"
    case .missingShard(let name): "\(name) is not in the folder"
    case .tensorNotInShard(let tensor, let shard): "tensor '\(tensor)' is not in \(shard)"
    case .tensorInTwoShards(let tensor, let first, let second):
      "tensor '\(tensor)' is in both \(first) and \(second)"
    }
  }
}
