/// What a pass through a decoder needs to remember, for batches up to a size.
package struct WorkspaceShape: Sendable, Equatable {
  /// What the passes are for.
  package enum Purpose: Sendable, Equatable {
    /// Forward only.
    case scoring
    /// Forward and backward; `full` when the weights themselves are trained.
    case training(full: Bool)
  }

  /// Tokens of one batch at most.
  package var tokens: Int
  /// Rows with targets of one batch at most.
  package var targetRows: Int
  /// Rank of the adapter, 0 for none.
  package var rank: Int
  package var purpose: Purpose

  package init(tokens: Int, targetRows: Int, rank: Int, purpose: Purpose) {
    self.tokens = tokens
    self.targetRows = targetRows
    self.rank = rank
    self.purpose = purpose
  }

  var isTraining: Bool { purpose != .scoring }
}

/// The stash and the scratch of a decoder: two arenas, planned, then allocated.
///
/// The stash holds what backward needs of each block in the matrix dtype: 2·(2d + 2q + 2kv + 2ff) bytes a
/// token and layer in bfloat16, and 2d more for each half whose result is normalised. X·A too, which is
/// little; norm outputs and act(gate)·up are computed again. Scoring has one block's stash and uses it for every block.
package final class Workspace {
  package let shape: WorkspaceShape
  let layers: [LayerStash<Tensor>]
  let head: HeadStash<Tensor>
  let forward: ForwardSpace<Tensor>
  let backward: BackwardSpace<Tensor>?

  /// Bytes of the stash and of the scratch.
  package static func byteCount(
    _ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType
  ) -> (stash: Int, scratch: Int) {
    let plan = WorkspacePlan(shape, architecture, dtype: dtype)
    return (plan.stash.byteCount, plan.scratch.byteCount)
  }

  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    _ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType,
    on device: any Device
  ) throws(EngineError) {
    let plan = WorkspacePlan(shape, architecture, dtype: dtype)
    let stash = try Arena(plan.stash, on: device)
    let scratch = try Arena(plan.scratch, on: device)
    try device.reserveScratch(for: .passes(shape), architecture, dtype: dtype)
    self.shape = shape
    layers = plan.layers.map { $0.map { stash[$0] } }
    head = plan.head.map { stash[$0] }
    forward = plan.forward.map { scratch[$0] }
    backward = plan.backward?.map { scratch[$0] }
    if let ones = backward?.ones {
      device.write([Float](repeating: 1, count: ones.count), to: ones)
    }
  }

  /// Allocates for passes of a budget of tokens; where the device refuses the memory, for half of it, and again.
  /// - Parameter shape: what a budget needs: fewer tokens where there will not be so many, more where one example
  ///   has more.
  /// - Returns: the workspace, and the budget it is for: never fewer tokens than the longest example.
  /// - Throws: ``EngineError`` when not even that example fits.
  package static func largest(
    tokenBudget: Int, shape: (_ tokenBudget: Int) -> WorkspaceShape,
    _ architecture: DecoderArchitecture, dtype: DType, on device: any Device
  ) throws(EngineError) -> (workspace: Workspace, tokenBudget: Int) {
    let longest = shape(1).tokens
    var budget = tokenBudget
    while true {
      let wanted = shape(budget)
      do {
        return (try Workspace(wanted, architecture, dtype: dtype, on: device), budget)
      } catch {
        guard case .outOfMemory = error.code, wanted.tokens > longest else { throw error }
        // A budget that will not be filled is halved until it matters.
        repeat { budget = max(longest, budget / 2) } while shape(budget).tokens == wanted.tokens
      }
    }
  }
}
