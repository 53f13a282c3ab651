import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Signatures whose agreement estimates the Jaccard similarity of two sets, cut into bands for looking up.
///
/// A. Broder, "On the resemblance and containment of documents" (1997). A permutation is x → a·x + b modulo 2^32 with
/// an odd a, followed by nothing: shingles are hashes already. Two sets with similarity s share a band of r rows with
/// probability s^r, and one of b bands with 1 − (1 − s^r)^b.
package struct MinHash: Sendable {
  package static let permutations = 256

  package let bands: Int
  package let rows: Int
  private let multipliers: [UInt32]
  private let offsets: [UInt32]

  /// - Parameter threshold: the similarity from which on two sets should meet.
  package init(threshold: Double) {
    (bands, rows) = Self.banding(threshold: threshold)
    var generator = Philox(seed: 0x6d69_6e68, stream: .synthetic).generator()
    var (multipliers, offsets) = ([UInt32](), [UInt32]())
    for _ in 0..<(bands * rows) {
      multipliers.append(generator.nextWord() | 1)
      offsets.append(generator.nextWord())
    }
    self.multipliers = multipliers
    self.offsets = offsets
  }

  /// The least value under each permutation.
  package func signature(_ shingles: [UInt32]) -> [UInt32] {
    var least = [UInt32](repeating: .max, count: multipliers.count)
    least.withUnsafeMutableBufferPointer { least in
      multipliers.withUnsafeBufferPointer { multipliers in
        offsets.withUnsafeBufferPointer { offsets in
          for shingle in shingles {
            for index in 0..<least.count {
              var value = shingle &* multipliers[index] &+ offsets[index]
              // The low bits of a·x + b hardly depend on the high ones of x.
              value ^= value >> 15
              least[index] = min(least[index], value)
            }
          }
        }
      }
    }
    return least
  }

  /// One key a band.
  func keys(_ shingles: [UInt32]) -> [UInt32] {
    guard !shingles.isEmpty else { return [] }
    let signature = signature(shingles)
    return (0..<bands).map { band in
      var hash: UInt64 = 0
      for value in signature[(band * rows)..<((band + 1) * rows)] {
        hash = WordHashes.mixed(hash &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(value))
      }
      return UInt32(truncatingIfNeeded: hash >> 32)
    }
  }

  /// The chance that sets of a similarity share a band.
  package static func chance(_ similarity: Double, bands: Int, rows: Int) -> Double {
    1 - pow(1 - pow(similarity, Double(rows)), Double(bands))
  }

  /// The (bands, rows) within the permutations that minimise the mean of wrongly met below the threshold and wrongly missed
  /// above it.
  package static func banding(threshold: Double) -> (bands: Int, rows: Int) {
    let steps = 1000
    var best = (error: Double.infinity, bands: 1, rows: 1)
    for bands in 1...permutations {
      for rows in 1...(permutations / bands) {
        var (wrong, missed) = (0.0, 0.0)
        for step in 0..<steps {
          let similarity = (Double(step) + 0.5) / Double(steps)
          let chance = chance(similarity, bands: bands, rows: rows)
          if similarity < threshold { wrong += chance } else { missed += 1 - chance }
        }
        let error = (wrong + missed) / Double(steps) / 2
        if error < best.error { best = (error, bands, rows) }
      }
    }
    return (best.bands, best.rows)
  }
}
