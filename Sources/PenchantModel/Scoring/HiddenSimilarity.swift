/// How alike a model holds two answers to be: the centered hidden embedding similarity, CHES (Razin et al.,
/// arXiv:2410.08847, definition 2).
///
/// With h the hidden state, after the final norm, of the position that predicts a token (the prompt's last token predicts the
/// first), summed over an answer's tokens k,
///
///     CHES = ⟨Σₖ h⁺ₖ, Σₖ h⁻ₖ⟩ − ‖Σₖ h⁺ₖ‖²
///
/// and with means in place of sums the length-normalised variant. The larger it is, the more a step that prefers y⁺ lowers
/// the likelihood of y⁺ along with that of y⁻. Neither has a scale of its own: values are compared within one model.
package struct HiddenSimilarity: Sendable, Equatable {
  package let sum: Double
  /// With means, so that long answers do not decide.
  package let mean: Double

  /// - Parameters:
  ///   - hidden: (rows, width), row by row.
  ///   - chosen: the rows that predict the chosen answer's tokens.
  ///   - rejected: the same of the rejected answer.
  init(_ hidden: [Float], width: Int, chosen: [Int], rejected: [Int]) {
    func total(_ rows: [Int]) -> [Double] {
      var total = [Double](repeating: 0, count: width)
      for row in rows {
        for column in 0..<width { total[column] += Double(hidden[row * width + column]) }
      }
      return total
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let (plus, minus) = (total(chosen), total(rejected))
    let (cross, own) = (dot(plus, minus), dot(plus, plus))
    let (n, m) = (Double(max(1, chosen.count)), Double(max(1, rejected.count)))
    sum = cross - own
    mean = cross / (n * m) - own / (n * n)
  }
}
