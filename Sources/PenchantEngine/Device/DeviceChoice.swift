/// Where to compute, by the names `--device` takes: `auto`, `cpu`, `cuda` or `cuda:N`.
package enum DeviceChoice: Sendable, Equatable {
  /// The first GPU that can be used, else the processor.
  case auto
  case cpu
  /// The GPU of this number, as the driver counts; nil takes the first that can be used.
  case cuda(Int?)

  package init?(rawValue: String) {
    switch rawValue {
    case "auto": self = .auto
    case "cpu": self = .cpu
    case "cuda": self = .cuda(nil)
    default:
      let digits = rawValue.dropFirst("cuda:".count)
      guard rawValue.hasPrefix("cuda:"), !digits.isEmpty,
        digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let ordinal = Int(digits)
      else { return nil }
      self = .cuda(ordinal)
    }
  }

  package var rawValue: String {
    switch self {
    case .auto: "auto"
    case .cpu: "cpu"
    case .cuda(nil): "cuda"
    case .cuda(let ordinal?): "cuda:\(ordinal)"
    }
  }

  /// Opens the device.
  /// - Parameter threads: of the processor; nil for as many as the process may use.
  /// - Throws: ``EngineError`` saying what was missing.
  package func open(threads: Int?) throws(EngineError) -> any Device {
    switch self {
    case .cpu: return try CPUDevice(threads: threads)
    case .cuda(let ordinal?): return try CUDADevice(ordinal: ordinal)
    case .cuda(nil): return try CUDADevice(ordinal: CUDASurvey.run().usable.first?.ordinal ?? 0)
    case .auto:
      guard let first = CUDASurvey.run().usable.first else {
        return try CPUDevice(threads: threads)
      }
      return try CUDADevice(ordinal: first.ordinal)
    }
  }
}

extension DeviceChoice: RawRepresentable, Codable {}
