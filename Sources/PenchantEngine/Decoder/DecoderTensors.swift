/// One tensor for each parameter of a decoder: its weights, or their gradients.
package struct DecoderTensors {
  /// The tensors of one block.
  struct Layer {
    let attentionNorm: Tensor
    let feedForwardNorm: Tensor
    /// (out, in), by ``LinearKind/index``.
    let weights: [Tensor]
    /// (1, out) or nil, by ``LinearKind/index``.
    let biases: [Tensor?]

    subscript(kind: LinearKind) -> Tensor { weights[kind.index] }
    func bias(_ kind: LinearKind) -> Tensor? { biases[kind.index] }
  }

  let embedding: Tensor
  let layers: [Layer]
  let finalNorm: Tensor
  /// (vocabulary, d); the embedding itself when they are tied.
  let head: Tensor
  private let byName: [String: Tensor]

  /// A parameter's place in the model.
  package struct Parameter: Sendable, Equatable {
    /// The name checkpoints give it.
    package let name: String
    package let rows: Int
    package let columns: Int
    /// Whether weight decay applies: not to norms and biases.
    package let decays: Bool

    /// The shape as files have it: vectors have one dimension.
    package var shape: [Int] { decays ? [rows, columns] : [columns] }
  }

  /// Every parameter of the architecture, in the order in which checkpoints are written.
  package static func parameters(of architecture: DecoderArchitecture) -> [Parameter] {
    var list: [Parameter] = []
    func matrix(_ name: String, _ rows: Int, _ columns: Int) {
      list.append(Parameter(name: name, rows: rows, columns: columns, decays: true))
    }
    func vector(_ name: String, _ columns: Int) {
      list.append(Parameter(name: name, rows: 1, columns: columns, decays: false))
    }
    matrix("model.embed_tokens.weight", architecture.vocabularySize, architecture.hiddenSize)
    for layer in 0..<architecture.layerCount {
      vector("model.layers.\(layer).input_layernorm.weight", architecture.hiddenSize)
      vector("model.layers.\(layer).post_attention_layernorm.weight", architecture.hiddenSize)
      for kind in LinearKind.allCases {
        let (rows, columns) = architecture.shape(of: kind)
        matrix(kind.path(layer: layer) + ".weight", rows, columns)
        if architecture.biased.contains(kind) { vector(kind.path(layer: layer) + ".bias", rows) }
      }
    }
    vector("model.norm.weight", architecture.hiddenSize)
    if !architecture.tiesEmbeddings {
      matrix("lm_head.weight", architecture.vocabularySize, architecture.hiddenSize)
    }
    return list
  }

  /// Collects the tensors that `tensor` gives for each parameter.
  package init<Failure: Error>(
    _ architecture: DecoderArchitecture, tensor: (Parameter) throws(Failure) -> Tensor
  ) throws(Failure) {
    var tensors: [String: Tensor] = [:]
    for parameter in Self.parameters(of: architecture) {
      let found = try tensor(parameter)
      precondition(
        found.rows == parameter.rows && found.columns == parameter.columns,
        "DecoderTensors: \(parameter.name) is (\(found.rows), \(found.columns))")
      tensors[parameter.name] = found
    }
    byName = tensors
    func named(_ name: String) -> Tensor {
      guard let tensor = tensors[name] else { preconditionFailure("DecoderTensors: no \(name)") }
      return tensor
    }
    embedding = named("model.embed_tokens.weight")
    finalNorm = named("model.norm.weight")
    head = architecture.tiesEmbeddings ? embedding : named("lm_head.weight")
    layers = (0..<architecture.layerCount).map { layer in
      Layer(
        attentionNorm: named("model.layers.\(layer).input_layernorm.weight"),
        feedForwardNorm: named("model.layers.\(layer).post_attention_layernorm.weight"),
        weights: LinearKind.allCases.map { named($0.path(layer: layer) + ".weight") },
        biases: LinearKind.allCases.map { kind in
          architecture.biased.contains(kind) ? named(kind.path(layer: layer) + ".bias") : nil
        })
    }
  }

  /// The tensor of a parameter of the same architecture.
  package subscript(parameter: Parameter) -> Tensor {
    guard let tensor = byName[parameter.name] else {
      preconditionFailure("DecoderTensors: no \(parameter.name)")
    }
    return tensor
  }
}
