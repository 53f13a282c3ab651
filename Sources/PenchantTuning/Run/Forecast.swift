package import PenchantEngine

/// One part of a memory forecast.
package struct ForecastPart: Sendable, Equatable {
  package let name: String
  package let bytes: Int

  /// What is trained, its gradient and its moments.
  package static let trainingState = "training state"
  /// The model's files.
  package static let weights = "weights"

  package init(name: String, bytes: Int) {
    self.name = name
    self.bytes = bytes
  }

  /// Bytes for people, in powers of 1024: `1.5 GiB`.
  package static func text(bytes: Int) -> String {
    var value = Double(bytes)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    if unit == 0 { return "\(bytes) B" }
    return "\((value * 10).rounded() / 10) \(units[unit])"
  }
}

/// What a run will need, told before anything is allocated.
///
/// The parts are the engine's own plans: what is
/// forecast is what is allocated.
package struct Forecast: Sendable, Equatable {
  package let parts: [ForecastPart]
  /// Bytes that are there already when the run is planned: weights and training state.
  package let heldBytes: Int
  /// Floating-point operations of one token through the policy and back, and through the reference.
  package let operationsPerToken: Double

  package var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }

  /// What is trained.
  package enum Trained: Sendable, Equatable {
    case adapter(parameters: Int)
    case full
  }

  /// - Parameters:
  ///   - weightBytes: the weight files, which are mapped.
  ///   - referenceBytes: what the reference keeps of its own (a frozen adapter), 0 as a rule.
  ///   - tokensKept: tokens whose reference figures are kept in memory, 0 for a single epoch.
  package init(
    _ architecture: DecoderArchitecture, dtype: DType, trained: Trained, workspace: WorkspaceShape,
    weightBytes: Int, referenceBytes: Int = 0, tokensKept: Int = 0, device: any Device
  ) {
    let (stash, scratch) = Workspace.byteCount(workspace, architecture, dtype: dtype)
    let count: Int =
      switch trained {
      case .adapter(let parameters): parameters
      case .full: architecture.parameterCount
      }
    let state = ParameterSet.byteCount(of: count, dtype: dtype, trainable: true)
    heldBytes = weightBytes + state
    parts = [
      ForecastPart(name: ForecastPart.weights, bytes: weightBytes),
      ForecastPart(name: ForecastPart.trainingState, bytes: state),
      ForecastPart(name: "activations", bytes: stash),
      ForecastPart(name: "scratch", bytes: scratch),
      ForecastPart(
        name: "device scratch",
        bytes: device.scratchForecast(.passes(workspace), architecture, dtype: dtype)),
      ForecastPart(name: "reference", bytes: referenceBytes + 4 * tokensKept),
    ]
    // Policy forward and back, and the reference.
    var bill = OperationBill(architecture, isFull: trained == .full)
    let rows = Double(workspace.targetRows) / Double(max(1, workspace.tokens))
    bill.addForward(tokens: 1, rows: rows, keepsStash: false)
    bill.addForward(tokens: 1, rows: rows, keepsStash: true)
    bill.addBackward(tokens: 1, rows: rows)
    operationsPerToken = bill.operations
  }

  /// Bytes that a device has for the run: its own memory's, or the machine's; nil if nobody says.
  package func available(on device: any Device) -> Int? {
    device.availableBytes.map { $0 + heldBytes } ?? SystemMemory.byteCount
  }

  /// Refuses a run that cannot fit.
  /// - Parameter available: as ``available(on:)`` gives it.
  /// - Throws: ``TuningError`` with the parts.
  package func check(available: Int?) throws(TuningError) {
    guard let available, bytes > available else { return }
    throw TuningError(.notEnoughMemory(needed: bytes, available: available, parts: parts))
  }

  /// Seconds for so many computed tokens at a rate in operations a second.
  package func seconds(tokens: Int, operationsPerSecond: Double) -> Double {
    Double(tokens) * operationsPerToken / operationsPerSecond
  }
}
