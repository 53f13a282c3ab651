/// A pass whose rows were given a number each, for its backward twin.
package struct ScorePass {
  package let batch: Batch
  package let policy: Policy
  /// h of each target row, after the final norm: (rows, d), row by row.
  let hidden: [Float]
  /// w · h of each target row.
  package let scores: [Double]
}

extension Decoder {
  /// Runs a batch and returns the score of each of its target rows: w · h in double, w the policy's score head.
  ///
  /// As Transformers' sequence classifiers compute it, h being the last hidden state of the row.
  /// - Precondition: the policy's adapter has a score head.
  /// - Throws: ``EngineError`` as the log-probabilities' pass does.
  package func forwardScores(
    _ batch: Batch, policy: Policy, workspace: Workspace, keepStash: Bool
  ) throws(EngineError) -> ScorePass {
    let (view, _) = scoreHead(policy)
    let space = try blocks(batch, policy, workspace, keepStash: keepStash)
    let stash = finalNorm(batch, policy, workspace, space)
    try device.synchronize()
    let (hidden, weights) = (device.read(stash.hidden), device.read(view))
    let width = weights.count
    let scores = batch.targetRows.indices.map { row in
      (0..<width).reduce(0.0) { $0 + Double(hidden[row * width + $1]) * Double(weights[$1]) }
    }
    return ScorePass(batch: batch, policy: policy, hidden: hidden, scores: scores)
  }

  /// Adds the gradient of Σ c · score to the policy's gradients: dw += Σ c h, dh = c w.
  package func backward(
    _ pass: ScorePass, coefficients: [Double], workspace: Workspace
  ) throws(EngineError) {
    guard let all = workspace.backward else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    let (batch, policy) = (pass.batch, pass.policy)
    let rows = batch.targetRows.count
    precondition(
      coefficients.count == rows,
      "Decoder.backward: \(coefficients.count) coefficients, \(rows) rows")
    let (view, gradient) = scoreHead(policy)
    let weights = device.read(view)
    let width = weights.count
    if let gradient {
      var sum = device.read(gradient).map(Double.init)
      for row in 0..<rows {
        for column in 0..<width {
          sum[column] += coefficients[row] * Double(pass.hidden[row * width + column])
        }
      }
      device.write(sum.map { Float($0) }, to: gradient)
    }
    let space = all.rows(batch.tokenCount)
    device.write(
      coefficients.flatMap { c in weights.map { Float(c * Double($0)) } },
      to: space.dHidden.rows(0..<rows))
    finalNormBackward(batch, policy, workspace.head.rows(rows), space)
    try blocksBackward(batch, policy, workspace)
  }

  /// w and its gradient, (1, d).
  private func scoreHead(_ policy: Policy) -> (weights: Tensor, gradient: Tensor?) {
    guard let parameters = policy.adapter?.parameters,
      let entry = parameters.entry(named: Adapter.scoreName)
    else { preconditionFailure("Decoder: the policy has no score head") }
    return (
      parameters.view(entry, of: parameters.master),
      parameters.training.map { parameters.view(entry, of: $0.gradient) }
    )
  }
}
