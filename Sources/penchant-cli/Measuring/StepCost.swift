import PenchantEngine

/// What a training step must compute: the bill, term by term, in floating-point operations.
///
/// With N parameters in the linear layers, V·d in the head, r the adapter's rank and S its linears' inputs plus
/// outputs: per token 2N forward and 2N backward (frozen weights need no gradient of their own), 2rS and 4rS for
/// the adapter; per query 4 and 10 times the keys it sees times q; per scored row 2Vd forward and 2Vd backward.
/// The reference repeats the forward terms without the adapter.
struct StepCost {
  let linears: Double
  let attention: Double
  let adapter: Double
  let head: Double

  var total: Double { linears + attention + adapter + head }

  /// - Parameters:
  ///   - groups: the segments of the pairs; the first of each is the prompt.
  ///   - scoredRows: rows of all answers that predict a token.
  ///   - computesReference: false where the reference's figures are there already.
  init(
    _ a: DecoderArchitecture, adapter configuration: LoRAConfiguration, groups: [[Segment]],
    scoredRows: Int, computesReference: Bool = true
  ) {
    let tokens = Double(groups.joined().reduce(0) { $0 + $1.length })
    let keys = groups.joined().reduce(0.0) { sum, segment in
      let n = Double(segment.length)
      return sum + n * Double(segment.position) + n * (n + 1) / 2
    }
    let reference: Double = computesReference ? 1 : 0
    linears = (4 + 2 * reference) * Double(a.linearParameterCount) * tokens
    attention = (4 + 10 + 4 * reference) * keys * Double(a.queryWidth * a.layerCount)
    // parameterCount is r·S.
    adapter = 6 * Double(configuration.parameterCount(a)) * tokens
    head = (4 + 2 * reference) * Double(a.vocabularySize * a.hiddenSize) * Double(scoredRows)
  }
}
