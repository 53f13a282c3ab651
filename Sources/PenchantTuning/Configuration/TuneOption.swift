import PenchantCore
import PenchantData
package import PenchantEngine
package import PenchantModel

/// One option: its name, what it takes, and where its value lives.
package struct TuneOption: Sendable {
  /// The long name without dashes: `learning-rate`.
  package let name: String
  /// What it does, its range and its default, in one line.
  package let summary: String
  /// What values look like: "a whole number".
  package let type: String

  let json: @Sendable (TuneConfiguration) -> JSON
  let decode: @Sendable (inout TuneConfiguration, KeyedDecodingContainer<OptionKey>) throws -> Void
  let encode: @Sendable (TuneConfiguration, inout KeyedEncodingContainer<OptionKey>) throws -> Void

  init<Value: OptionValue>(
    _ name: String, _ path: any WritableKeyPath<TuneConfiguration, Value> & Sendable,
    _ summary: String
  ) {
    self.name = name
    self.summary = summary
    type = Value.typeDescription
    json = { $0[keyPath: path].json }
    decode = { configuration, container in
      configuration[keyPath: path] = try container.decode(Value.self, forKey: OptionKey(name))
    }
    encode = { configuration, container in
      try container.encode(configuration[keyPath: path], forKey: OptionKey(name))
    }
  }
}

/// A key that can be any name, so that unknown ones are seen.
struct OptionKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { return nil }
}

/// What the value of an option can be.
protocol OptionValue: Codable, Sendable {
  var json: JSON { get }
  static var typeDescription: String { get }
}

extension Int: OptionValue {
  var json: JSON { .number(JSONNumber(self)) }
  static var typeDescription: String { "a whole number" }
}

extension Double: OptionValue {
  // A configuration with a value that is no number is refused before it is saved.
  var json: JSON { isFinite ? .number(JSONNumber(self)) : .string(description) }
  static var typeDescription: String { "a number" }
}

extension Bool: OptionValue {
  var json: JSON { .bool(self) }
  static var typeDescription: String { "true or false" }
}

extension String: OptionValue {
  var json: JSON { .string(self) }
  static var typeDescription: String { "text" }
}

extension Optional: OptionValue where Wrapped: OptionValue {
  var json: JSON { map(\.json) ?? .null }
  static var typeDescription: String { Wrapped.typeDescription }
}

extension Array: OptionValue where Element == String {
  var json: JSON { .array(map { .string($0) }) }
  static var typeDescription: String { "a list of texts" }
}

extension OptionValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  var json: JSON { .string(rawValue) }
  static var typeDescription: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
}

extension Schedule.Shape: OptionValue {}
extension RankingRule: OptionValue {}
extension BaseWeights: OptionValue {}
extension ObjectiveChoice.Semantics: OptionValue {}
extension Divergence.Kind: OptionValue {}
extension EncodingOptions.PromptFormat: OptionValue {}
extension EncodingOptions.TrainOn: OptionValue {}
extension EncodingOptions.Truncation: OptionValue {}
extension EncodingOptions.Mismatch: OptionValue {}
extension DeviceChoice: OptionValue {
  var json: JSON { .string(rawValue) }
  static var typeDescription: String { "one of auto, cpu, cuda, cuda:N" }
}
extension DType: OptionValue {
  var json: JSON { .string(rawValue) }
  static var typeDescription: String { "one of bfloat16, float32" }
}
