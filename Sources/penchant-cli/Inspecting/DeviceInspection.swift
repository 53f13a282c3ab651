import PenchantCore
import PenchantEngine
import PenchantTuning

/// What this machine can compute with, and what its GPUs lack to be used.
struct DeviceInspection {
  /// A GPU as it is now.
  private struct GPU {
    let found: CUDASurvey.Device
    /// Bytes nobody uses; nil where it cannot be used.
    let freeBytes: Int?
    /// Why it cannot be used; nil if it can.
    let problem: String?

    /// Opens it, for what a survey does not see: free memory, kernels that it does not take.
    init(_ found: CUDASurvey.Device) {
      self.found = found
      guard found.reason == nil else {
        (freeBytes, problem) = (nil, found.reason)
        return
      }
      do throws(EngineError) {
        (freeBytes, problem) = (try CUDADevice(ordinal: found.ordinal).availableBytes, nil)
      } catch { (freeBytes, problem) = (nil, error.message) }
    }

    var name: String { DeviceChoice.cuda(found.ordinal).rawValue }
    var capability: String { "\(found.capability)" }
  }

  private let cpu: CPUDevice
  private let survey: CUDASurvey
  private let gpus: [GPU]

  /// - Parameter threads: of the processor, nil for all.
  /// - Throws: `EngineError` where the processor cannot be had as it is asked for.
  init(threads: Int?) throws(EngineError) {
    cpu = try CPUDevice(threads: threads)
    survey = CUDASurvey.run()
    gpus = survey.devices.map(GPU.init)
  }

  /// What `--device auto` takes.
  private var choice: DeviceChoice { survey.usable.first.map { .cuda($0.ordinal) } ?? .cpu }

  var text: String {
    func block(_ name: String, _ lines: [String]) -> String {
      lines.enumerated().map { "\($0 == 0 ? name + "  " : "     ")\($1)\n" }.joined()
    }
    let sets = CPUDevice.availableISAs.joined(separator: ", ")
    var text = block(
      cpu.choice.rawValue,
      [
        "\(cpu.isa), \(cpu.threads) threads",
        "instruction sets here: \(sets) (PENCHANT_ISA forces one)",
      ] + (SystemMemory.byteCount.map { ["memory: \(NumberText.bytes($0))"] } ?? []))
    for gpu in gpus {
      let free = gpu.freeBytes.map { "\(NumberText.bytes($0)) free of " } ?? ""
      text += block(
        gpu.name,
        [
          "\(gpu.found.name), compute capability \(gpu.capability)",
          "memory: \(free)\(NumberText.bytes(gpu.found.memoryBytes))",
        ] + (gpu.problem.map { ["cannot be used: \($0)"] } ?? []))
    }
    text += block(
      "cuda",
      (gpus.isEmpty ? ["no GPU that can be used"] : [])
        + survey.libraries.map { library in
          let found = [library.version, library.path].compactMap(\.self).joined(separator: ", ")
          return library.problem ?? "\(library.name): \(found)"
        })
    return text + block("auto", ["takes \(choice.rawValue)"])
  }

  var json: JSON {
    func number(_ value: Int?) -> JSON { value.map { .number(JSONNumber($0)) } ?? .null }
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    let processor = JSONObject([
      "name": .string(cpu.choice.rawValue), "instruction_set": .string(cpu.isa),
      "available_instruction_sets": .array(CPUDevice.availableISAs.map { .string($0) }),
      "threads": number(cpu.threads), "memory_bytes": number(SystemMemory.byteCount),
    ])
    let cards = gpus.map { gpu in
      JSON.object(
        JSONObject([
          "name": .string(gpu.name), "model": .string(gpu.found.name),
          "compute_capability": .string(gpu.capability),
          "memory_bytes": number(gpu.found.memoryBytes), "memory_free_bytes": number(gpu.freeBytes),
          "problem": text(gpu.problem),
        ]))
    }
    let libraries = survey.libraries.map { library in
      JSON.object(
        JSONObject([
          "name": .string(library.name), "path": text(library.path),
          "version": text(library.version), "problem": text(library.problem),
        ]))
    }
    return .object(
      JSONObject([
        "devices": .array([.object(processor)] + cards), "cuda_libraries": .array(libraries),
        "auto": .string(choice.rawValue),
      ]))
  }
}
