import PenchantCore
import PenchantData
import PenchantEngine
import PenchantFormats
import PenchantModel

/// The committed tiny models and what Transformers computes with them.
enum Fixture {
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/")
  }()

  static func model(_ name: String) -> String { "\(root)/Tests/Fixtures/Models/\(name)" }
  static func parity(_ name: String) -> String { "\(root)/Tests/Fixtures/Parity/\(name)" }

  static func golden(_ name: String) throws -> JSON {
    try FileSystem.readJSON(parity("\(name).json"))
  }

  static func open(
    _ name: String, dtype: DType = .float32, isa: String? = nil, threads: Int = 2,
    chatTemplate: String? = nil
  ) throws -> LanguageModel {
    let device = try CPUDevice(threads: threads, isa: isa)
    return try LanguageModel(
      folder: model(name), dtype: dtype, device: device, chatTemplate: chatTemplate)
  }

  static func pairs(_ name: String) throws -> [Pair] {
    try PairReader.read(path: "\(root)/Tests/Fixtures/Models/\(name).jsonl").pairs
  }

  static func examples(
    _ model: LanguageModel, _ data: String = "pairs", format: EncodingOptions.PromptFormat = .raw
  ) throws -> [TokenizedExample] {
    let encoder = try ExampleEncoder(model, options: EncodingOptions(promptFormat: format))
    return try encoder.encode(try pairs(data)).examples
  }
}

extension JSON {
  var doubles: [Double] { array?.compactMap(\.double) ?? [] }
  var ids: [Int32] { array?.compactMap { $0.int.map(Int32.init) } ?? [] }
}

/// The norm of the difference over the norm of the second.
func relativeError(_ a: [Float], _ b: [Float]) -> Double {
  var (difference, size) = (0.0, 0.0)
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    size += Double(y) * Double(y)
  }
  return (difference / max(size, 1e-300)).squareRoot()
}
