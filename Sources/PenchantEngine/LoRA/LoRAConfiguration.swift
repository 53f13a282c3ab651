/// Which linear layers get a low-rank update, and how large (Hu et al., arXiv 2106.09685).
///
/// W x becomes W x + scale · B A x with A (rank, in) and B (out, rank).
package struct LoRAConfiguration: Sendable, Codable, Equatable {
  /// At least 1.
  package var rank: Int
  package var alpha: Double
  /// Rank-stabilised scale α/√r in place of α/r (Kalajdzievski, arXiv 2312.03732).
  package var usesRankStabilizedScale: Bool
  /// Those of them that the model has.
  package var targets: Set<LinearKind>
  /// Whether a score head is trained with it: one number a sequence, w · h of its last token (reward models).
  package var hasScoreHead: Bool

  package init(
    rank: Int = 16, alpha: Double = 32, usesRankStabilizedScale: Bool = false,
    targets: Set<LinearKind> = Set(LinearKind.allCases), hasScoreHead: Bool = false
  ) {
    self.rank = rank
    self.alpha = alpha
    self.usesRankStabilizedScale = usesRankStabilizedScale
    self.targets = targets
    self.hasScoreHead = hasScoreHead
  }

  package var scale: Double {
    alpha / (usesRankStabilizedScale ? Double(rank).squareRoot() : Double(rank))
  }

  /// The layers that are narrower than the rank, each by its name with its width: an update of one has no higher rank than
  /// that, whatever its factors' is.
  package func narrowLayers(_ architecture: DecoderArchitecture) -> [(name: String, width: Int)] {
    architecture.linears.filter(targets.contains).compactMap { kind in
      let (rows, columns) = architecture.shape(of: kind)
      let width = min(rows, columns)
      return width < rank ? (architecture.names.target(kind), width) : nil
    }
  }

  /// The number of weights in an adapter for this architecture.
  package func parameterCount(_ architecture: DecoderArchitecture) -> Int {
    (hasScoreHead ? architecture.hiddenSize : 0) + architecture.layerCount
      * architecture.linears.filter(targets.contains).reduce(0) { sum, kind in
        let (rows, columns) = architecture.shape(of: kind)
        return sum + rank * (rows + columns)
      }
  }
}

extension DecoderArchitecture {
  /// The linear layers that a name in `target_modules` means; GPT-2's `c_proj` means two.
  /// - Throws: ``EngineError`` with the names there are.
  package func linears(named name: String) throws(EngineError) -> [LinearKind] {
    let kinds = names.kinds(named: name)
    guard !kinds.isEmpty else {
      throw EngineError(.unknownAdapterTarget(name: name, known: linears.map(names.target)))
    }
    return kinds
  }
}
