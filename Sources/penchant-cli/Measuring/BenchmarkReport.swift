import PenchantCore

/// What `bench` measured.
struct BenchmarkReport {
  let device: String
  let shape: String
  let dtype: String
  /// Operations a second of the matrix kernel, by the type it reads.
  private(set) var peaks: [(dtype: String, operationsPerSecond: Double)] = []
  /// Bytes a second at which memory is read.
  private(set) var memoryPeak = 0.0
  var kernels: [KernelCase.Figures] = []
  var step: StepBenchmark.Figures?
  var stepSize: StepBenchmark.Size?
  var generation: GenerationBenchmark.Figures?

  init(device: String, shape: String, dtype: String) {
    self.device = device
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
    guard let step, let size = stepSize else { return text }
    let speed = step.cost.total / step.seconds
    text +=
      "\ntraining step of \(size.pairs) pairs, \(size.promptTokens)/\(size.answerTokens)/\(size.answerTokens) "
      + "tokens, adapter of rank 16 on all linears, reference computed\n"
    text +=
      "  \(NumberText.duration(step.seconds)), \(NumberText.short(Double(step.tokens) / step.seconds)) tokens/s, "
      + "\(NumberText.bytes(step.peakBytes)) resident at most\n"
    text +=
      "  \(NumberText.fixed(step.cost.total / 1e9, 1)) GFLOP (linears \(gigas(step.cost.linears)), head "
      + "\(gigas(step.cost.head)), attention \(gigas(step.cost.attention)), adapter "
      + "\(gigas(step.cost.adapter))): \(NumberText.rate(speed)), "
      + "\(NumberText.percent(speed / peak, 0)) of the peak\n"
    return text + generationText
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

  var json: JSON {
    func number(_ value: Double) -> JSON { value.isFinite ? .number(JSONNumber(value)) : .null }
    var object = JSONObject()
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
    if let step, let size = stepSize {
      var row = JSONObject()
      row["pairs"] = number(Double(size.pairs))
      row["prompt_tokens"] = number(Double(size.promptTokens))
      row["answer_tokens"] = number(Double(size.answerTokens))
      row["seconds"] = number(step.seconds)
      row["tokens_per_second"] = number(Double(step.tokens) / step.seconds)
      row["flop"] = number(step.cost.total)
      row["share_of_peak"] = number(step.cost.total / step.seconds / peak)
      row["peak_resident_bytes"] = number(Double(step.peakBytes))
      object["step"] = .object(row)
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
