import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How the next token is chosen from the logits.
///
/// The filters apply in the order temperature, top-k, top-p, min-p, as Transformers applies them. A sequence's
/// choices depend on the seed, its number and the position alone, not on its neighbours.
package struct Sampler: Sendable, Codable, Equatable {
  /// 0 takes the most likely token (greedy); otherwise logits are divided by it.
  package var temperature: Double
  /// Keep the k most likely tokens; 0 keeps all.
  package var topK: Int
  /// Keep the smallest set of most likely tokens whose probability reaches p (Holtzman et al., arXiv 1904.09751).
  package var topP: Double
  /// Keep tokens at least this fraction as likely as the most likely one (arXiv 2407.01082).
  package var minP: Double
  package var seed: UInt64

  package init(
    temperature: Double = 0, topK: Int = 0, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.seed = seed
  }

  /// Chooses a token.
  /// - Parameters:
  ///   - logits: one for each token of the vocabulary.
  ///   - sequence: the sequence's number in the run.
  ///   - step: how many tokens it has generated before.
  /// - Returns: nil where a logit is no finite number: nothing can be chosen then.
  package func choose(_ logits: ArraySlice<Float>, sequence: UInt64, step: Int) -> Int32? {
    guard Self.areFinite(logits) else { return nil }
    let base = logits.startIndex
    var best = base
    for index in logits.indices where logits[index] > logits[best] { best = index }
    guard temperature > 0 else { return Int32(best - base) }

    let top = Double(logits[best])
    func weight(_ index: Int) -> Double { exp((Double(logits[index]) - top) / temperature) }
    var candidates = self.candidates(logits, weight)
    let total = candidates.reduce(0) { $0 + $1.weight }
    if topP < 1 {
      // A token stays while the probability before it has not reached p.
      var mass = 0.0
      let keep = candidates.prefix { candidate in
        defer { mass += candidate.weight / total }
        return mass < topP
      }
      candidates = Array(keep)
    }
    if minP > 0 { candidates = candidates.filter { $0.weight >= minP } }

    let kept = candidates.reduce(0) { $0 + $1.weight }
    var generator = Philox(seed: seed, stream: .sampling, step: sequence).generator(from: 2 * step)
    var point = generator.nextDouble() * kept
    for candidate in candidates {
      point -= candidate.weight
      if point < 0 { return Int32(candidate.index - base) }
    }
    return Int32((candidates.last?.index ?? best) - base)
  }

  /// One pass without branches, a small part of what the head costs: an exponent of ones is an infinity or a NaN.
  private static func areFinite(_ logits: ArraySlice<Float>) -> Bool {
    var largest: UInt32 = 0
    for logit in logits { largest = max(largest, logit.bitPattern & 0x7fff_ffff) }
    return largest < 0x7f80_0000
  }

  private typealias Candidate = (index: Int, weight: Double)

  /// The tokens that the filters can keep: after top-k, and in descending order where an order is needed.
  private func candidates(
    _ logits: ArraySlice<Float>, _ weight: (Int) -> Double
  ) -> [Candidate] {
    let all = logits.indices.map { Candidate(index: $0, weight: weight($0)) }
    guard topK > 0 || topP < 1 else { return all }
    func sorted(_ list: [Candidate]) -> [Candidate] {
      list.sorted { $0.weight == $1.weight ? $0.index < $1.index : $0.weight > $1.weight }
    }
    // Nearly always a few hundred tokens hold all that matters; sort the rest only when they are needed.
    let likely = all.filter { $0.weight > 1e-4 }
    if topK > 0, topK <= likely.count { return Array(sorted(likely).prefix(topK)) }
    if topK == 0 {
      let total = all.reduce(0) { $0 + $1.weight }
      if likely.reduce(0, { $0 + $1.weight }) / total >= topP {
        let rest = all.filter { $0.weight <= 1e-4 }
        return sorted(likely) + rest
      }
    }
    let list = sorted(all)
    return topK > 0 ? Array(list.prefix(topK)) : list
  }
}
