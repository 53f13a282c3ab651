import PenchantCore

/// What can go wrong in the engine.
package struct EngineError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    /// `PENCHANT_ISA` names an instruction set that this build or this processor lacks.
    case unsupportedISA(name: String, available: [String])
    /// The number of threads is not in 1…limit.
    case invalidThreadCount(Int, limit: Int)
    /// The operating system refused the memory.
    case outOfMemory(bytes: Int)
    /// The threads could not be started.
    case noThreads(Int)
    /// A weight tensor has a type the engine cannot compute with.
    case unsupportedWeightType(tensor: String, dtype: String)
    /// A checkpoint holds a tensor that the architecture has no place for.
    case unexpectedWeight(tensor: String)
    /// A weight that was to be kept as int8 holds an infinity or a NaN.
    case weightNotFinite(tensor: String)
    /// An adapter names a module this model does not have or the engine cannot adapt.
    case unknownAdapterTarget(name: String, known: [String])
    /// An adapter attaches to a layer of some blocks and not of others.
    case unevenAdapter(name: String, blocks: Int, of: Int)
    /// An adapter file lacks a tensor that its configuration promises.
    case missingAdapterTensor(name: String)
    /// An adapter file holds a tensor that belongs to no adapted module.
    case unexpectedAdapterTensor(name: String)
    /// An adapter tensor's shape does not fit the model.
    case adapterShape(name: String, expected: [Int], found: [Int])
    /// A token id is not in the vocabulary.
    case tokenOutOfRange(id: Int, vocabulary: Int)
    /// A position lies beyond what the model was made for.
    case positionOutOfRange(position: Int, limit: Int)
    /// There is no GPU to compute with, or a library it needs is missing.
    case noCUDA(problem: String)
    /// The driver lists fewer GPUs.
    case noSuchDevice(ordinal: Int, count: Int)
    /// A GPU that the engine cannot compute with.
    case deviceUnusable(name: String, reason: String)
    /// A GPU, or a library that drives it, refused an operation.
    case deviceFailed(operation: String, status: String)
    /// The work was interrupted.
    case cancelled
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}
