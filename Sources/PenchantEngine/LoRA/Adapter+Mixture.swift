extension Adapter {
  /// One adapter whose update is a weighted sum of others': ΔW = Σ_k c_k s_k B_k A_k, without rounding a product.
  ///
  /// The factors are laid side by side, A = [A_1; A_2; …] and B = [c_1 s_1/s B_1, c_2 s_2/s B_2, …] with the first
  /// one's scale s, so its rank is the sum of theirs. One term of share 1 is a copy.
  /// - Precondition: there is a term, and all have the same targets.
  package static func mixture(
    of terms: [(adapter: Adapter, share: Double)], architecture: DecoderArchitecture, dtype: DType,
    on device: any Device
  ) throws(EngineError) -> Adapter {
    guard let first = terms.first?.adapter else { preconditionFailure("Adapter.mixture: no terms") }
    let targets = first.configuration.targets
    precondition(
      terms.allSatisfy { $0.adapter.configuration.targets == targets },
      "Adapter.mixture: different targets")
    let scale = first.configuration.scale
    let rank = terms.reduce(0) { $0 + $1.adapter.configuration.rank }
    let mixture = try Adapter(
      LoRAConfiguration(rank: rank, alpha: scale * Double(rank), targets: targets),
      architecture: architecture, dtype: dtype, trainable: false, on: device)
    for entry in mixture.parameters.entries {
      let isA = entry.name.hasSuffix("lora_A.weight")
      var values = [Float](repeating: 0, count: entry.count)
      var offset = 0
      for (adapter, share) in terms {
        guard let own = adapter.parameters.entry(named: entry.name) else { continue }
        let part = device.read(adapter.parameters.view(own, of: adapter.parameters.master))
        let factor = share * adapter.configuration.scale / scale
        let r = adapter.configuration.rank
        if isA {
          values.replaceSubrange(offset * own.columns..<(offset + r) * own.columns, with: part)
        } else {
          for row in 0..<own.rows {
            for column in 0..<r {
              values[row * rank + offset + column] = Float(
                factor * Double(part[row * r + column]))
            }
          }
        }
        offset += r
      }
      device.write(values, to: mixture.parameters.view(entry, of: mixture.parameters.master))
    }
    mixture.parameters.refreshWorking(on: device)
    return mixture
  }
}
