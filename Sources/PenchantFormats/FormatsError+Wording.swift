package import PenchantCore

extension FormatsError {
  package var category: FailureCategory {
    if case .file(let cause) = code { cause.category } else { .input }
  }

  package var identifier: String {
    switch code {
    case .file(let cause): cause.identifier
    case .safetensors: "invalid-safetensors"
    case .writing: "cannot-write-safetensors"
    case .otherFolder: "other-folder"
    case .noWeights: "no-weights"
    case .pickledWeights: "pickled-weights"
    case .invalidIndex: "invalid-shard-index"
    case .tensorNotFound: "tensor-not-found"
    case .wrongShape: "wrong-tensor-shape"
    case .unsupportedType: "unsupported-element-type"
    case .configuration: "unsupported-configuration"
    case .adapterTensorName: "unknown-adapter-tensor"
    }
  }

  package var message: String {
    switch code {
    case .file(let cause): cause.message
    case .safetensors(let path, let defect):
      "\(path) is not a valid safetensors file: \(defect.phrase)"
    case .writing(let path, let defect): "cannot write \(path): \(defect.phrase)"
    case .otherFolder(let folder, let wanted, let found, let place):
      folder == place
        ? "\(folder) is \(Self.one(found)), not \(Self.one(wanted))"
        : "\(folder) is not \(Self.one(wanted)), but holds \(wanted == found ? "one" : Self.one(found))"
    case .noWeights(let folder): "\(folder) has no weights as safetensors"
    case .pickledWeights(let folder, let file):
      "\(folder) has its weights as \(file), a Python pickle that can run any program when read"
    case .invalidIndex(let path, let defect): "\(path): \(defect.phrase)"
    case .tensorNotFound(let name, let path, _): "\(path) has no tensor '\(name)'"
    case .wrongShape(let name, let path, let expected, let found):
      "tensor '\(name)' in \(path) has shape \(found); the configuration asks for \(expected)"
    case .unsupportedType(let name, let path, let type):
      "tensor '\(name)' in \(path) has element type \(type), which is not supported"
    case .configuration(let path, let defect): "\(path): \(defect.phrase)"
    case .adapterTensorName(let name, let path):
      "tensor '\(name)' in \(path) does not belong to a plain LoRA adapter"
    }
  }

  package var remedy: String? {
    switch code {
    case .file(let cause): cause.remedy
    case .safetensors: "fetch or write the file again; a partial download looks like this"
    case .otherFolder(_, let wanted, let found, let place):
      switch (wanted, found) {
      case (_, wanted): "name \(place)"
      case (.adapter, _): "name a folder that holds adapter_config.json"
      default: "name the model it was trained on, and \(place) as the adapter"
      }
    case .noWeights:
      "a model folder has model.safetensors or shards with an index, an adapter folder "
        + "adapter_model.safetensors"
    case .pickledWeights:
      "convert it where you trust it: in Python, with transformers, "
        + "AutoModelForCausalLM.from_pretrained(…).save_pretrained(…, safe_serialization=True)"
    case .invalidIndex(_, .missingShard): "fetch the missing file into the same folder"
    case .tensorNotFound(_, _, let nearest?): "the nearest name is '\(nearest)'"
    case .unsupportedType: "convert the weights to bfloat16 or float32"
    case .configuration(_, .unknownKey):
      "a key that is not understood could change the results, so the model is not used"
    case .configuration(_, let defect): defect.remedy
    case .adapterTensorName: "merge the other trained parts into the base model first"
    default: nil
    }
  }

  private static func one(_ role: FolderRole) -> String {
    switch role {
    case .model: "a model"
    case .adapter: "an adapter"
    }
  }
}

extension ConfigurationDefect {
  var phrase: String {
    switch self {
    case .notObject: "the file does not hold a JSON object"
    case .missing(let key): "'\(key)' is missing"
    case .wrongType(let key, let expected, let found): "'\(key)' is a \(found), not a \(expected)"
    case .outOfRange(let key, let value, let range): "'\(key)' is \(value); it must be \(range)"
    case .unsupportedValue(let key, let value, _): "'\(key)' is '\(value)', which is not supported"
    case .unknownKey(let key): "unknown key '\(key)'"
    case .contradiction(let text): text
    case .unsupportedModel(let type, let kind, _):
      "'\(type)' is \(kind.phrase), which is not supported"
    case .experts(let key):
      "'\(key)' makes this a mixture of experts, which is not supported"
    case .quantized(let method):
      "the weights are quantised (\(method)), which is not supported"
    }
  }

  var remedy: String? {
    switch self {
    case .unsupportedModel(_, .multimodal, let supported):
      "a folder with the text model alone can be used if its model_type is one of: "
        + supported.joined(separator: ", ")
    case .unsupportedValue(_, _, let supported), .unsupportedModel(_, _, let supported):
      "supported: \(supported.joined(separator: ", "))"
    case .quantized: "use the folder that has the model's weights in bfloat16 or float32"
    default: nil
    }
  }
}

extension UnsupportedModel {
  var phrase: String {
    switch self {
    case .mixtureOfExperts: "a mixture of experts"
    case .multimodal: "a model of text and other media"
    case .recurrent: "a recurrent model"
    }
  }
}
