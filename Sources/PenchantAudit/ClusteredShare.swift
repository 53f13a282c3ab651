package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A share of rows of which some belong together: those of one prompt are no independent trials.
///
/// Where nothing belongs together it is Wilson's interval and the exact binomial test. Else with ȳ the share, G clusters
/// and the cluster-robust (sandwich) variance of a mean,
///
///     V = G/(G − 1) · Σ_g (Σ_{i∈g} (yᵢ − ȳ))² / n²,
///
/// the rows are worth n_eff = ȳ(1 − ȳ)/V independent ones, n at most, and Wilson's interval is that of n_eff trials, as is
/// usual for shares in samples of clusters. At shares of 0 and 1, where V tells nothing, and for one cluster, the
/// clusters are what is counted.
package struct ClusteredShare: Sendable, Equatable {
  package let value: Double
  /// 95 %.
  package let interval: Interval
  /// Independent rows that would tell as much; the number of rows where each is a cluster of its own.
  package let effectiveRows: Double
  /// How likely as large a share is if each cluster's outcomes are as likely the other way round, all together.
  package let chance: Double

  /// - Parameters:
  ///   - outcomes: 0, 1, or ½ where neither is the case.
  ///   - clusters: what each row belongs to.
  package init(_ outcomes: [Double], clusters: [UInt64]) {
    precondition(
      outcomes.count == clusters.count,
      "ClusteredShare: \(outcomes.count) outcomes, \(clusters.count) clusters")
    let n = Double(outcomes.count)
    let sum = outcomes.reduce(0, +)
    value = outcomes.isEmpty ? 0 : sum / n
    // Sums in the order of the rows, so that the same rows give the same bits.
    var place: [UInt64: Int] = [:]
    var sums: [(outcomes: Double, rows: Double)] = []
    for (outcome, cluster) in zip(outcomes, clusters) {
      if let index = place[cluster] {
        sums[index].outcomes += outcome
        sums[index].rows += 1
      } else {
        place[cluster] = sums.count
        sums.append((outcome, 1))
      }
    }
    guard sums.count < outcomes.count else {
      effectiveRows = n
      interval = .wilson(share: value, trials: n)
      chance = outcomes.isEmpty ? 1 : Statistics.upperTail(Int(sum), of: outcomes.count)
      return
    }
    let mean = value
    let groups = Double(sums.count)
    let spread = sums.reduce(0.0) { total, cluster in
      let residual = cluster.outcomes - cluster.rows * mean
      return total + residual * residual
    }
    if groups > 1, mean > 0, mean < 1 {
      let variance = groups / (groups - 1) * spread / (n * n)
      effectiveRows = variance > 0 ? min(n, mean * (1 - mean) / variance) : n
    } else {
      effectiveRows = groups
    }
    interval = .wilson(share: mean, trials: effectiveRows)
    // Turned round with all its rows a cluster's excess over half changes its sign.
    let excess = sums.map { $0.outcomes - $0.rows / 2 }
    let deviation = excess.reduce(0) { $0 + $1 * $1 }.squareRoot()
    chance =
      deviation > 0 ? 0.5 * erfc(excess.reduce(0, +) / deviation / 2.0.squareRoot()) : 1
  }
}
