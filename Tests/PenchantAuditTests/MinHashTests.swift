import PenchantAudit
import Testing

@Suite("MinHash") struct MinHashTests {
  /// The set {from, …, from + count − 1}, scattered as hashes are.
  private func set(_ from: UInt32, _ count: UInt32) -> [UInt32] {
    (from..<from + count).map { $0 &* 2_654_435_761 ^ $0 &* 40503 >> 7 }
  }

  @Test("signatures agree as often as the sets overlap") func estimate() {
    let minHash = MinHash(threshold: 0.7)
    // 80 shared of 120 in all: two thirds; a standard deviation is √(⅔·⅓/256) = 0.029.
    let (a, b) = (minHash.signature(set(0, 100)), minHash.signature(set(20, 100)))
    let agreeing = Double(zip(a, b).count { $0 == $1 }) / Double(a.count)
    #expect(abs(agreeing - 80.0 / 120) < 4 * 0.03)
    #expect(minHash.signature(set(0, 100)) == minHash.signature(set(0, 100).reversed()))
    let other = minHash.signature(set(100_000, 100))
    #expect(zip(a, other).count { $0 == $1 } < a.count / 20)
  }

  @Test("bands minimise the mean of both errors") func banding() {
    // A coarser search over the same integral, written in another language, finds 25 bands of 10 rows.
    let (bands, rows) = MinHash.banding(threshold: 0.7)
    #expect(bands * rows <= MinHash.permutations)
    #expect((bands, rows) == (25, 10))
    #expect(MinHash.chance(0.9, bands: bands, rows: rows) > 0.99)
    #expect(MinHash.chance(0.3, bands: bands, rows: rows) < 0.01)
  }

  @Test("Jaccard by hand") func jaccard() {
    #expect(Shingles.jaccard([1, 2, 3], [2, 3, 4]) == 0.5)
    #expect(Shingles.jaccard([], []) == 0)
  }
}
