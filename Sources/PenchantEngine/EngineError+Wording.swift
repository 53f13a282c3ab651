package import PenchantCore

extension EngineError {
  package var category: FailureCategory {
    switch code {
    case .unsupportedISA, .invalidThreadCount, .noCUDA, .noSuchDevice, .deviceUnusable: .usage
    case .outOfMemory, .noThreads, .deviceFailed, .cancelled: .runtime
    case .unsupportedWeightType, .unexpectedWeight, .weightNotFinite, .unknownAdapterTarget,
      .unevenAdapter, .missingAdapterTensor, .unexpectedAdapterTensor, .adapterShape,
      .tokenOutOfRange, .positionOutOfRange:
      .input
    }
  }

  package var identifier: String {
    switch code {
    case .unsupportedISA: "unsupported-isa"
    case .invalidThreadCount: "invalid-thread-count"
    case .outOfMemory: "out-of-memory"
    case .noThreads: "no-threads"
    case .unsupportedWeightType: "unsupported-weight-type"
    case .unexpectedWeight: "unexpected-weight"
    case .weightNotFinite: "weight-not-finite"
    case .unknownAdapterTarget: "unknown-adapter-target"
    case .unevenAdapter: "uneven-adapter"
    case .missingAdapterTensor: "missing-adapter-tensor"
    case .unexpectedAdapterTensor: "unexpected-adapter-tensor"
    case .adapterShape: "adapter-shape"
    case .tokenOutOfRange: "token-out-of-range"
    case .positionOutOfRange: "position-out-of-range"
    case .noCUDA: "no-cuda"
    case .noSuchDevice: "no-such-device"
    case .deviceUnusable: "device-unusable"
    case .deviceFailed: "device-failed"
    case .cancelled: "cancelled"
    }
  }

  package var message: String {
    switch code {
    case .unsupportedISA(let name, _):
      "PENCHANT_ISA=\(name): this processor or this build has no such kernels"
    case .invalidThreadCount(let count, let limit):
      "\(count) threads were asked for; between 1 and \(limit) are possible"
    case .outOfMemory(let bytes):
      "the system refused \(bytes) bytes of memory"
    case .noThreads(let count):
      "\(count) threads could not be started"
    case .unsupportedWeightType(let tensor, let dtype):
      "tensor \(tensor) has type \(dtype), which cannot be computed with"
    case .unexpectedWeight(let tensor):
      "the weights hold tensor \(tensor), which this architecture has no place for"
    case .weightNotFinite(let tensor): "tensor \(tensor) holds a number that is not finite"
    case .unknownAdapterTarget(let name, _):
      "the model has no linear layer called \(name) that an adapter can attach to"
    case .unevenAdapter(let name, let blocks, let all):
      "the adapter attaches to \(name) in \(blocks) of \(all) blocks, which is not supported"
    case .missingAdapterTensor(let name):
      "the adapter's configuration promises tensor \(name), but the file does not hold it"
    case .unexpectedAdapterTensor(let name):
      "the adapter's file holds tensor \(name), which belongs to no module its configuration names"
    case .adapterShape(let name, let expected, let found):
      "adapter tensor \(name) has shape \(found), the model needs \(expected)"
    case .tokenOutOfRange(let id, let vocabulary):
      "token id \(id) is outside the model's vocabulary of \(vocabulary)"
    case .positionOutOfRange(let position, let limit):
      "position \(position) is beyond the model's context of \(limit) tokens"
    case .noCUDA(let problem): "no GPU can be used: \(problem)"
    case .noSuchDevice(let ordinal, let count):
      "there is no GPU number \(ordinal); the driver lists \(count)"
    case .deviceUnusable(let name, let reason): "\(name) cannot be used: \(reason)"
    case .deviceFailed(let operation, let status): "the GPU failed at \(operation): \(status)"
    case .cancelled:
      "interrupted"
    }
  }

  package var remedy: String? {
    switch code {
    case .unsupportedISA(_, let available): "choose one of: \(available.joined(separator: ", "))"
    case .invalidThreadCount: nil
    case .outOfMemory: "a smaller --micro-tokens, --max-length or --lora-rank needs less memory"
    case .noThreads: "ask for fewer with --threads"
    case .unsupportedWeightType: "convert the weights to bfloat16, float16 or float32"
    case .unexpectedWeight: "is config.json the one that belongs to these weights?"
    case .weightNotFinite: "the weights are damaged, or overflowed when they were saved"
    case .unknownAdapterTarget(_, let known): "it has: \(known.joined(separator: ", "))"
    case .unevenAdapter: "an adapter has a layer in every block or in none"
    case .missingAdapterTensor, .unexpectedAdapterTensor, .adapterShape:
      "was the adapter made for another model?"
    case .tokenOutOfRange: "do the tokenizer and the model belong together?"
    case .positionOutOfRange: "shorten the text"
    case .noCUDA:
      "--device cpu computes on the processor; penchant inspect --devices says what was found"
    case .noSuchDevice, .deviceUnusable: "penchant inspect --devices lists what there is"
    case .deviceFailed: "--device cpu computes on the processor"
    case .cancelled: nil
    }
  }
}
