import CPenchantKernels

/// Rows of a block of the head at most: beyond these, packing the vocabulary once more costs less than a percent.
private let headRows = 512

extension CPUDevice {
  package func head(
    hidden: Tensor, weight: Tensor, shape: HeadShape, targetOffsets: [Int], targets: [Int32],
    logSumExp: Tensor, meanWeight: Tensor?
  ) -> HeadStatistics {
    OperationCheck.head(hidden: hidden, weight: weight, meanWeight: meanWeight)
    let rows = hidden.rows
    var statistics = HeadStatistics(rows: rows, targets: targets.count)
    guard rows > 0 else { return statistics }
    let kernels = kernels.pointee
    let offsets = targetOffsets.map { Int64($0) }
    // Blocks of rows are independent: as few as give every thread equally many.
    let turns = (rows + pool.threads * headRows - 1) / (pool.threads * headRows)
    let block = max(6, (rows + pool.threads * turns - 1) / (pool.threads * turns))
    statistics.withPointers { results in
      func job(_ range: Range<Int>) -> pen_head {
        var job = headJob(hidden.rows(range), weight, shape)
        job.target_log_probs = results.logProbabilities
        job.target_slopes = results.targetSlopes
        job.log_sum_exp = logSumExp.floats + range.lowerBound
        job.entropy = results.entropy.map { $0 + range.lowerBound }
        job.log_square_sum = results.logSquareSum.map { $0 + range.lowerBound }
        job.mean_weight = meanWeight?.rows(range).floats
        return job
      }
      var largest = job(0..<min(block, rows))
      let scratch = scratch(bytes: Int(kernels.head_scratch(&largest)))
      offsets.withUnsafeBufferPointer { offsets in
        targets.withUnsafeBufferPointer { targets in
          let inputs = (offsets.baseAddress, targets.baseAddress)
          pool.run((rows + block - 1) / block) { index, worker in
            let range = index * block..<min(rows, (index + 1) * block)
            var job = job(range)
            // Offsets are absolute, so that a block finds its own targets and results.
            job.target_offsets = inputs.0.map { $0 + range.lowerBound }
            job.targets = inputs.1
            kernels.head_forward(&job, scratch(worker))
          }
        }
      }
    }
    return statistics
  }

  private func headJob(_ hidden: Tensor, _ weight: Tensor, _ shape: HeadShape) -> pen_head {
    var job = pen_head()
    job.dtype = hidden.kernelType
    job.rows = Int64(hidden.rows)
    job.depth = Int64(hidden.columns)
    job.vocabulary = Int64(weight.rows)
    job.hidden = UnsafeRawPointer(hidden.pointer)
    job.hidden_stride = Int64(hidden.stride)
    job.weight = UnsafeRawPointer(weight.pointer)
    job.weight_stride = Int64(weight.stride)
    job.logit_scale = shape.scale
    job.soft_cap = shape.softCap
    return job
  }

  package func headBackward(
    coefficients: [Float], slopes: [Float], weight: Tensor, targetOffsets: [Int],
    targets: [Int32], meanWeight: Tensor, into dHidden: Tensor
  ) {
    let columns = weight.columns
    let kernels = kernels.pointee
    pool.run(dHidden.rows) { row, _ in
      let out = dHidden.rows(row..<row + 1).floats
      out.update(repeating: 0, count: columns)
      var total: Float = 0
      for index in targetOffsets[row]..<targetOffsets[row + 1] {
        let token = Int(targets[index])
        kernels.add_scaled(
          out, weight.rows(token..<token + 1).pointer, weight.kernelType,
          coefficients[index] * slopes[index], Int64(columns))
        total += coefficients[index]
      }
      kernels.add_scaled(
        out, meanWeight.rows(row..<row + 1).pointer, PEN_F32, -total, Int64(columns))
    }
  }

  package func headWeightBackward(
    coefficients: [Float], slopes: [Float], hidden: Tensor, weight: Tensor, shape: HeadShape,
    targetOffsets: [Int], targets: [Int32], logSumExp: Tensor, into dWeight: Tensor
  ) {
    OperationCheck.head(hidden: hidden, weight: weight)
    OperationCheck.headWeightBackward(weight: weight, into: dWeight)
    guard hidden.rows > 0 else { return }
    let kernels = kernels.pointee
    var job = headJob(hidden, weight, shape)
    job.log_sum_exp = logSumExp.floats
    // The kernel reads them; the field serves the forward pass as well.
    var slopes = slopes
    let offsets = targetOffsets.map { Int64($0) }
    let scratch = scratch(bytes: Int(kernels.head_weight_scratch(&job)))
    let block = 256
    offsets.withUnsafeBufferPointer { offsets in
      targets.withUnsafeBufferPointer { targets in
        coefficients.withUnsafeBufferPointer { coefficients in
          job.target_offsets = offsets.baseAddress
          slopes.withUnsafeMutableBufferPointer { slopes in
            job.targets = targets.baseAddress
            job.target_slopes = slopes.baseAddress
            let inputs = (job, coefficients.baseAddress)
            pool.run((weight.rows + block - 1) / block) { index, worker in
              var job = inputs.0
              kernels.head_weight_backward(
                &job, inputs.1, Int64(index * block),
                Int64(min(weight.rows, (index + 1) * block)), dWeight.floats,
                Int64(dWeight.stride), scratch(worker))
            }
          }
        }
      }
    }
  }
}

extension HeadStatistics {
  /// Where the kernel writes each list.
  fileprivate struct Pointers {
    let logProbabilities, targetSlopes, entropy, logSquareSum: UnsafeMutablePointer<Float>?
  }

  fileprivate mutating func withPointers(_ body: (Pointers) -> Void) {
    logProbabilities.withUnsafeMutableBufferPointer { logProbabilities in
      targetSlopes.withUnsafeMutableBufferPointer { slopes in
        entropy.withUnsafeMutableBufferPointer { entropy in
          logSquareSum.withUnsafeMutableBufferPointer { squares in
            body(
              Pointers(
                logProbabilities: logProbabilities.baseAddress, targetSlopes: slopes.baseAddress,
                entropy: entropy.baseAddress, logSquareSum: squares.baseAddress))
          }
        }
      }
    }
  }
}
