/// Keys and values of every block for rows of tokens that later tokens look back at.
///
/// Rows are plain storage: who owns which is decided by the segments that name them, so that the samples of
/// one prompt share the prompt's rows.
package final class KeyValueCache {
  package let capacity: Int
  private let layers: [(keys: Tensor, values: Tensor)]
  private let device: any Device

  /// Bytes of a cache for this many rows.
  package static func byteCount(
    rows: Int, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int {
    2 * architecture.layerCount * rows * architecture.keyValueWidth * dtype.size
  }

  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    rows: Int, _ architecture: DecoderArchitecture, dtype: DType, on device: any Device
  ) throws(EngineError) {
    var plan = ArenaPlan()
    let slots = (0..<architecture.layerCount).map { _ in
      (
        plan.reserve(rows, architecture.keyValueWidth, dtype),
        plan.reserve(rows, architecture.keyValueWidth, dtype)
      )
    }
    let arena = try Arena(plan, on: device)
    layers = slots.map { (arena[$0.0], arena[$0.1]) }
    capacity = rows
    self.device = device
  }

  /// Stores keys and values in consecutive rows from `row` on.
  func store(_ keys: Tensor, _ values: Tensor, layer: Int, row: Int) {
    let range = row..<row + keys.rows
    device.copy(keys, to: layers[layer].keys.rows(range))
    device.copy(values, to: layers[layer].values.rows(range))
  }

  /// Stores each row of keys and values in a row of its own.
  func store(_ keys: Tensor, _ values: Tensor, layer: Int, rows: [Int32]) {
    device.scatter(keys, rows: rows, into: layers[layer].keys)
    device.scatter(values, rows: rows, into: layers[layer].values)
  }

  func keys(_ layer: Int) -> Tensor { layers[layer].keys }
  func values(_ layer: Int) -> Tensor { layers[layer].values }
}
