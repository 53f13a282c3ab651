/// One tensor for each parameter of a decoder: its weights, or their gradients.
package struct DecoderTensors {
  /// The tensors of one block.
  struct Layer {
    /// Gains and biases of the norms it has.
    let norms: [NormPlace: NormTensors]
    /// As they are stored, by kind.
    fileprivate let weights: [LinearKind: Tensor]
    /// Of weights that are kept as int8, by kind.
    fileprivate let scales: [LinearKind: Tensor]
    /// (1, out), by kind.
    fileprivate let biases: [LinearKind: Tensor]

    subscript(kind: LinearKind) -> Tensor {
      guard let weight = weights[kind] else { preconditionFailure("DecoderTensors: no \(kind)") }
      return weight
    }
    func scales(_ kind: LinearKind) -> Tensor? { scales[kind] }
    func bias(_ kind: LinearKind) -> Tensor? { biases[kind] }
  }

  let embedding: Tensor  // (vocabulary, d)
  let positions: Tensor?  // (positions, d), where they are learned
  let layers: [Layer]
  let finalNorm: NormTensors
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
    /// Whether it is the weight of a block's linear layer.
    package var isLinear = false

    /// The shape as files have it: vectors have one dimension.
    package var shape: [Int] { decays ? [rows, columns] : [columns] }
  }

  /// Every parameter of the architecture, in the order in which checkpoints are written.
  package static func parameters(of architecture: DecoderArchitecture) -> [Parameter] {
    let names = architecture.names
    var list: [Parameter] = []
    func matrix(_ name: String, _ rows: Int, _ columns: Int, isLinear: Bool = false) {
      list.append(
        Parameter(
          name: name + ".weight", rows: rows, columns: columns, decays: true, isLinear: isLinear))
    }
    func vector(_ name: String, _ columns: Int) {
      list.append(Parameter(name: name, rows: 1, columns: columns, decays: false))
    }
    func norm(_ path: String, _ columns: Int) {
      vector(path + ".weight", columns)
      if architecture.norm.kind == .layer { vector(path + ".bias", columns) }
    }
    let d = architecture.hiddenSize
    matrix(names.root + names.embedding, architecture.vocabularySize, d)
    if let positions = names.positions {
      matrix(names.root + positions, architecture.maxPositions, d)
    }
    for layer in 0..<architecture.layerCount {
      for place in NormPlace.allCases where architecture.has(place) {
        norm(names.path(of: place, layer: layer), architecture.width(of: place))
      }
      for kind in architecture.linears {
        let (rows, columns) = architecture.shape(of: kind)
        let path = names.path(of: kind, layer: layer)
        if architecture.storesTransposed {
          matrix(path, columns, rows, isLinear: true)
        } else {
          matrix(path, rows, columns, isLinear: true)
        }
        if architecture.biased.contains(kind) { vector(path + ".bias", rows) }
      }
    }
    norm(names.root + names.finalNorm, d)
    if !architecture.tiesEmbeddings { matrix(names.head, architecture.vocabularySize, d) }
    return list
  }

  /// Collects the tensors that `tensor` gives for each parameter.
  package init<Failure: Error>(
    _ architecture: DecoderArchitecture, tensor: (Parameter) throws(Failure) -> Tensor
  ) throws(Failure) {
    try self.init(
      architecture, stored: { parameter throws(Failure) in (try tensor(parameter), nil) })
  }

  /// Collects the tensors that `stored` gives for each parameter, with the scales of those kept as int8.
  package init<Failure: Error>(
    _ architecture: DecoderArchitecture,
    stored: (Parameter) throws(Failure) -> (Tensor, scales: Tensor?)
  ) throws(Failure) {
    var tensors: [String: Tensor] = [:]
    var scalesByName: [String: Tensor] = [:]
    for parameter in Self.parameters(of: architecture) {
      let (found, scales) = try stored(parameter)
      scalesByName[parameter.name] = scales
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
    func norm(_ path: String) -> NormTensors {
      NormTensors(gain: named(path + ".weight"), bias: tensors[path + ".bias"])
    }
    let names = architecture.names
    embedding = named("\(names.root)\(names.embedding).weight")
    positions = names.positions.map { named("\(names.root)\($0).weight") }
    finalNorm = norm(names.root + names.finalNorm)
    head = architecture.tiesEmbeddings ? embedding : named("\(names.head).weight")
    layers = (0..<architecture.layerCount).map { layer in
      var norms: [NormPlace: NormTensors] = [:]
      var (weights, scales, biases):
        ([LinearKind: Tensor], [LinearKind: Tensor], [LinearKind: Tensor]) = (
          [:], [:], [:]
        )
      for place in NormPlace.allCases where architecture.has(place) {
        norms[place] = norm(names.path(of: place, layer: layer))
      }
      for kind in architecture.linears {
        let path = names.path(of: kind, layer: layer)
        weights[kind] = named(path + ".weight")
        scales[kind] = scalesByName[path + ".weight"]
        biases[kind] = tensors[path + ".bias"]
      }
      return Layer(norms: norms, weights: weights, scales: scales, biases: biases)
    }
  }

  /// Bytes that int8 saves of weights that would be kept as `dtype`.
  package func savedBytes(_ dtype: DType) -> Int {
    layers.reduce(0) { sum, layer in
      layer.scales.reduce(sum) { sum, entry in
        sum + layer[entry.key].count * (dtype.size - 1) - entry.value.count * 4
      }
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
