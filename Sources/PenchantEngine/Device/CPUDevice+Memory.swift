extension CPUDevice {
  /// Bytes a second at which all threads together read memory that is in no cache.
  ///
  /// Shared machines lend a burst of speed and take it back: it is what lasts that counts.
  /// - Parameter seconds: how long to read; the middle of the passes over 256 MiB counts.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package func bytesReadPerSecond(seconds: Double) throws(EngineError) -> Double {
    let (count, piece) = (256 << 20, 1 << 20)
    let buffer = try allocate(byteCount: count)
    let words = buffer.address.assumingMemoryBound(to: SIMD8<UInt64>.self)
    let wordsEach = piece / MemoryLayout<SIMD8<UInt64>>.stride
    for index in 0..<count / MemoryLayout<SIMD8<UInt64>>.stride {
      words[index] = SIMD8(repeating: UInt64(index))
    }
    // What was read must be used, or it need not be read.
    var sums = [UInt64](repeating: 0, count: count / piece)
    let clock = ContinuousClock()
    let start = clock.now
    var speeds: [Double] = []
    repeat {
      let elapsed = clock.measure {
        sums.withUnsafeMutableBufferPointer { sums in
          nonisolated(unsafe) let sums = sums
          pool.run(count / piece) { index, _ in
            var sum = SIMD8<UInt64>()
            for word in index * wordsEach..<(index + 1) * wordsEach { sum &+= words[word] }
            sums[index] &+= sum.wrappedSum()
          }
        }
      }
      speeds.append(Double(count) / max(elapsed / .seconds(1), 1e-9))
    } while (clock.now - start) / .seconds(1) < seconds
    // The first piece's words are their own indices, eight times each, once a pass.
    let once = UInt64(wordsEach) * UInt64(wordsEach - 1) / 2 * 8
    precondition(
      sums[0] == once * UInt64(speeds.count), "bytesReadPerSecond: a sum is not that of the words")
    return speeds.sorted()[speeds.count / 2]
  }
}
