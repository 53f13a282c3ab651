import PenchantCore
package import PenchantFormats

extension Adapter {
  /// Opens an adapter in PEFT's format.
  /// - Throws: ``FormatsError`` for files that cannot be read, ``EngineError`` for an adapter that does not fit.
  package static func load(
    folder: String, _ architecture: DecoderArchitecture, dtype: DType, trainable: Bool,
    on device: any Device
  ) throws -> Adapter {
    let stored = try AdapterConfiguration(folder: folder)
    let configuration = LoRAConfiguration(
      rank: stored.rank, alpha: stored.alpha, usesRankStabilizedScale: stored.isRankStabilized,
      targets: try targets(stored, architecture), hasScoreHead: stored.hasScoreHead)
    let checkpoint = try SafetensorsCheckpoint(
      file: FileSystem.join(folder, AdapterConfiguration.weightsFileName))
    let adapter = try Adapter(
      configuration, architecture: architecture, dtype: dtype, trainable: trainable, on: device)
    try check(checkpoint, against: adapter.parameters)
    try adapter.parameters.read(checkpoint, into: adapter.parameters.master, on: device)
    adapter.parameters.refreshWorking(on: device)
    return adapter
  }

  /// Writes the adapter in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`, float32.
  ///
  /// The same weights give the same bytes.
  /// - Parameters:
  ///   - folder: exists already.
  ///   - baseModel: what `base_model_name_or_path` says.
  package func save(folder: String, baseModel: String, on device: any Device) throws(FormatsError) {
    // PEFT's own order of targets is a set's; ours is the decoder's.
    let targets = LinearKind.allCases.filter(configuration.targets.contains).map(names.target)
    let stored = AdapterConfiguration(
      rank: configuration.rank, alpha: configuration.alpha, targetModules: targets,
      isRankStabilized: configuration.usesRankStabilizedScale,
      isStoredTransposed: storesTransposed, hasScoreHead: configuration.hasScoreHead,
      baseModel: baseModel)
    try stored.write(folder: folder)
    let order = parameters.entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    try parameters.write(
      parameters.master, entries: order,
      to: FileSystem.join(folder, AdapterConfiguration.weightsFileName), on: device)
  }

  /// The linear layers a stored configuration names, by ends of paths or by whole paths; it must name each in
  /// every block.
  private static func targets(
    _ stored: AdapterConfiguration, _ architecture: DecoderArchitecture
  ) throws(EngineError) -> Set<LinearKind> {
    let names = architecture.names
    var layers: [LinearKind: Set<Int>] = [:]
    for name in stored.targetModules {
      var isKnown = false
      for kind in architecture.linears {
        for layer in 0..<architecture.layerCount {
          let path = names.path(of: kind, layer: layer)
          guard path == name || path.hasSuffix("." + name) else { continue }
          layers[kind, default: []].insert(layer)
          isKnown = true
        }
      }
      // The error lists the names there are.
      if !isKnown { _ = try architecture.linears(named: name) }
    }
    for (kind, found) in layers where found.count < architecture.layerCount {
      throw EngineError(
        .unevenAdapter(
          name: names.target(kind), blocks: found.count, of: architecture.layerCount))
    }
    return Set(layers.keys)
  }

  /// Every promised tensor is there with its shape, and nothing else is.
  private static func check(
    _ checkpoint: SafetensorsCheckpoint, against parameters: ParameterSet
  ) throws {
    for name in checkpoint.names {
      guard let entry = parameters.entry(named: name) else {
        throw EngineError(.unexpectedAdapterTensor(name: name))
      }
      let found = try checkpoint.tensor(named: name).shape
      guard found == [entry.rows, entry.columns] else {
        throw EngineError(
          .adapterShape(name: name, expected: [entry.rows, entry.columns], found: found))
      }
    }
    let present = Set(checkpoint.names)
    if let missing = parameters.entries.first(where: { !present.contains($0.name) }) {
      throw EngineError(.missingAdapterTensor(name: missing.name))
    }
  }
}
