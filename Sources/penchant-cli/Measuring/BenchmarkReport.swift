import PenchantCore
import PenchantEngine

/// What `bench` measured.
struct BenchmarkReport {
  /// What `--device` calls what was measured.
  let choice: DeviceChoice
  let device: String
  let shape: String
  let dtype: String
  /// Operations a second of the matrix kernel, by the type it reads.
  private(set) var peaks: [(dtype: String, operationsPerSecond: Double)] = []
  /// Bytes a second at which memory is read.
  private(set) var memoryPeak = 0.0
  var kernels: [KernelCase.Figures] = []
  var step: StepBenchmark.Figures?
  /// Of a step that waited after each operation; empty where nobody asked.
  var operations: [TimedDevice.Cost] = []
  var generation: GenerationBenchmark.Figures?

  init(_ device: any Device, shape: String, dtype: String) {
    choice = device.choice
    self.device = device.name
    self.shape = shape
    self.dtype = dtype
  }

  /// Takes a speed for the peak if it is the fastest so far.
  mutating func raisePeak(_ dtype: String, to speed: Double) {
    if let index = peaks.firstIndex(where: { $0.dtype == dtype }) {
      peaks[index].operationsPerSecond = max(peaks[index].operationsPerSecond, speed)
    } else {
      peaks.append((dtype, speed))
    }
  }

  /// Takes a speed of reading for the peak if it is the fastest so far.
  mutating func raiseMemoryPeak(to speed: Double) { memoryPeak = max(memoryPeak, speed) }

  /// The matrix kernel's speed for the type that was measured.
  private var peak: Double {
    peaks.first { $0.dtype == dtype }?.operationsPerSecond ?? .nan
  }

  var text: String {
    var text = "machine  \(device)\n"
    for peak in peaks {
      text +=
        "peak     \(NumberText.rate(peak.operationsPerSecond)) matrix product, \(peak.dtype)\n"
    }
    text += "peak     \(gigabytes(memoryPeak)) read from memory\n"
    text += "\nkernels at the size of \(shape), \(dtype), each equal to its plain twin\n"
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add("", "time", "speed", "of peak", "memory")
    for kernel in kernels {
      table.add(
        kernel.name, "\(NumberText.fixed(kernel.seconds * 1e3, 3)) ms",
        kernel.operationsPerSecond.map { NumberText.rate($0) } ?? "",
        kernel.operationsPerSecond.map { NumberText.percent($0 / peak, 0) } ?? "",
        gigabytes(kernel.bytesPerSecond))
    }
    text += table.text
    return text + stepText + operationsText + generationText
  }

  private var stepText: String {
    guard let step else { return "" }
    let size = step.size
    var text =
      "\ntraining step of \(size.pairs) pairs, \(size.promptTokens)/\(size.answerTokens)/\(size.answerTokens) "
      + "tokens, adapter of rank 16 on all linears\n"
    text +=
      "  \(step.passes) pass\(step.passes == 1 ? "" : "es") of at most \(step.passTokens) tokens, "
    text +=
      step.peakDeviceBytes.map { "\(NumberText.bytes($0)) of the device's memory\n" }
      ?? "\(NumberText.bytes(step.peakBytes)) resident at most\n"
    for (name, timing) in [
      ("reference computed", step.full), ("reference cached", step.cached),
    ] {
      let (seconds, cost) = (timing.seconds, timing.cost)
      text +=
        "  \(name): \(NumberText.duration(seconds)), "
        + "\(NumberText.fixed(Double(size.pairs) / seconds, 2)) pairs/s, "
        + "\(NumberText.short(Double(size.tokens) / seconds)) tokens/s\n"
      text +=
        "    \(NumberText.fixed(cost.total / 1e9, 1)) GFLOP (linears \(gigas(cost.linears)), head "
        + "\(gigas(cost.head)), attention \(gigas(cost.attention)), adapter "
        + "\(gigas(cost.adapter))): \(NumberText.rate(cost.total / seconds)), "
        + "\(NumberText.percent(cost.total / seconds / peak, 0)) of the peak\n"
    }
    return text
  }

  private var operationsText: String {
    guard !operations.isEmpty else { return "" }
    let total = operations.reduce(0) { $0 + $1.seconds }
    var table = TextTable([.left, .right, .right, .right])
    table.add("", "calls", "time", "share")
    for cost in operations {
      table.add(
        cost.name, "\(cost.count)", "\(NumberText.fixed(cost.seconds * 1e3, 3)) ms",
        NumberText.percent(cost.seconds / total, 1))
    }
    return "\noperations of a step that waits after each\n" + table.text
  }

  private var generationText: String {
    guard let generation else { return "" }
    var text = "\ngeneration\n"
    for (index, step) in generation.steps.enumerated() {
      let speed = generation.tokensPerSecond(index)
      text +=
        "  \(step.sequences) sequence\(step.sequences == 1 ? "" : "s"): \(NumberText.fixed(speed, 1)) tokens/s, "
      text +=
        index == 0
        ? "weights read at \(gigabytes(generation.bytesPerSecond)), "
          + "\(NumberText.percent(generation.bytesPerSecond / memoryPeak, 0)) of the peak\n"
        : "\(NumberText.fixed(speed / generation.tokensPerSecond(0), 1)) times one\n"
    }
    return text
  }

  private func gigabytes(_ bytes: Double) -> String { "\(NumberText.fixed(bytes / 1e9, 1)) GB/s" }

  private func gigas(_ operations: Double) -> String { NumberText.fixed(operations / 1e9, 1) }

  private func number(_ value: Double) -> JSON {
    value.isFinite ? .number(JSONNumber(value)) : .null
  }

  /// The step with its reference; `cached` is the same without.
  private func stepJSON(_ step: StepBenchmark.Figures) -> JSONObject {
    let size = step.size
    func figures(_ timing: StepBenchmark.Timing) -> JSONObject {
      var row = JSONObject()
      row["seconds"] = number(timing.seconds)
      row["pairs_per_second"] = number(Double(size.pairs) / timing.seconds)
      row["tokens_per_second"] = number(Double(size.tokens) / timing.seconds)
      row["flop"] = number(timing.cost.total)
      row["share_of_peak"] = number(timing.cost.total / timing.seconds / peak)
      return row
    }
    var row = figures(step.full)
    row["cached"] = .object(figures(step.cached))
    row["pairs"] = number(Double(size.pairs))
    row["prompt_tokens"] = number(Double(size.promptTokens))
    row["answer_tokens"] = number(Double(size.answerTokens))
    row["passes"] = number(Double(step.passes))
    row["pass_tokens"] = number(Double(step.passTokens))
    row["peak_resident_bytes"] = number(Double(step.peakBytes))
    row["peak_device_bytes"] = step.peakDeviceBytes.map { number(Double($0)) } ?? .null
    return row
  }

  var json: JSON {
    var object = JSONObject()
    object["device"] = .string(choice.rawValue)
    object["machine"] = .string(device)
    object["shape"] = .string(shape)
    object["dtype"] = .string(dtype)
    var peakObject = JSONObject()
    for peak in peaks { peakObject[peak.dtype] = number(peak.operationsPerSecond) }
    object["peak_flops"] = .object(peakObject)
    object["peak_bytes_per_second"] = number(memoryPeak)
    object["kernels"] = .array(
      kernels.map { kernel in
        var row = JSONObject()
        row["name"] = .string(kernel.name)
        row["seconds"] = number(kernel.seconds)
        row["flops"] = kernel.operationsPerSecond.map(number)
        row["share_of_peak"] = kernel.operationsPerSecond.map { number($0 / peak) }
        row["bytes_per_second"] = number(kernel.bytesPerSecond)
        row["deviation_from_plain"] = number(kernel.deviation)
        return .object(row)
      })
    if let step { object["step"] = .object(stepJSON(step)) }
    if !operations.isEmpty {
      object["operations"] = .array(
        operations.map { cost in
          var row = JSONObject()
          row["name"] = .string(cost.name)
          row["calls"] = number(Double(cost.count))
          row["seconds"] = number(cost.seconds)
          return .object(row)
        })
    }
    if let generation {
      object["generation"] = .array(
        generation.steps.indices.map { index in
          var row = JSONObject()
          row["sequences"] = number(Double(generation.steps[index].sequences))
          row["tokens_per_second"] = number(generation.tokensPerSecond(index))
          row["seconds_per_step"] = number(generation.steps[index].seconds)
          row["weight_bytes"] = number(Double(generation.weightBytes))
          row["share_of_memory_peak"] = number(
            Double(generation.weightBytes) / generation.steps[index].seconds / memoryPeak)
          return .object(row)
        })
    }
    return .object(object)
  }
}
