import PenchantCore
package import PenchantFormats

/// All weights of a decoder, trainable: float32 masters, a working copy in the matrix dtype, gradients.
package final class FullParameters {
  package let parameters: ParameterSet
  /// The working copy.
  package let weights: DecoderTensors
  /// Where gradients go; a tied head shares the embedding's.
  package let gradients: DecoderTensors
  private let shapes: [DecoderTensors.Parameter]

  /// Starts from a copy of `base`, which stays as it is: the reference.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    copying base: DecoderTensors, _ architecture: DecoderArchitecture, dtype: DType,
    on device: any Device
  ) throws(EngineError) {
    shapes = DecoderTensors.parameters(of: architecture)
    let set = try ParameterSet(
      copying: base, architecture, dtype: dtype, trainable: true, on: device)
    parameters = set
    guard let training = set.training else {
      preconditionFailure("FullParameters: the set keeps no gradients")
    }
    weights = set.tensors(of: set.working, architecture)
    gradients = set.tensors(of: training.gradient, architecture)
  }

  /// Writes `model.safetensors` in the matrix dtype, tensors named and shaped as they were read.
  package func save(folder: String, on device: any Device) throws(FormatsError) {
    let byName = Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0.shape) })
    let order = parameters.entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    try parameters.write(
      parameters.working, entries: order, to: FileSystem.join(folder, "model.safetensors"),
      shape: { byName[$0.name] ?? [$0.rows, $0.columns] }, on: device)
  }
}
