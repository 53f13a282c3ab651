package import PenchantCore

/// One way of writing a preference pair, or a row with one answer, as a JSON object.
///
/// To add a format, add one file with one conforming type and its line in ``PairFormats/all``.
package protocol PairFormat: Sendable {
  /// What `--format` and reports call it: `sharegpt`.
  var name: String { get }
  /// The shape in one line, for messages: `{prompt, chosen, rejected} of strings`.
  var shape: String { get }
  /// Whether a row has this shape, judged by keys and types alone.
  ///
  /// Two formats may both accept a row; the first in ``PairFormats/all`` wins.
  func matches(_ row: JSON) -> Bool
  /// Reads one row.
  /// - Throws: ``DataError`` naming the location and the member that does not fit.
  func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents
  /// How the format is written.
  var writing: RowWriting { get }
  /// The row that says what a pair says, in the format's own members.
  ///
  /// What the format has a place for is taken out of the pair (its texts may stay). A tie or a label that is
  /// still there afterwards had none.
  /// - Throws: ``Unwritable`` where the format cannot say it.
  func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject
}

extension PairFormat {
  package var writing: RowWriting { .pairs }
}

/// The formats there are.
package enum PairFormats {
  /// Every format, in the order of detection.
  package static let all: [any PairFormat] = [
    TRLStandardFormat(),
    TRLConversationalFormat(),
    TRLImplicitFormat(),
    TRLUnpairedFormat(),
    TRLStepwiseFormat(),
    OpenAIFormat(),
    NeMoRLFormat(),
    NamedTextsFormat.nemoAligner,
    NamedTextsFormat.axolotlArgilla,
    NamedTextsFormat.axolotlIntel,
    NamedTextsFormat.axolotlICR,
    NectarFormat(),
    AxolotlChatFormat(),
    AlpacaFormat(),
    ShareGPTFormat(),
    AlpacaKTOFormat(),
    ShareGPTKTOFormat(),
    BedrockFormat(),
    LabelledChatFormat(),
    MSSwiftFormat(),
    SageMakerFormat(),
    HHFormat(),
    TinkerFormat(),
    ArenaFormat(),
    KaggleArenaFormat(),
    LabelStudioFormat(),
    LabelStudioMinFormat(),
    ArgillaFormat(),
    ArgillaFlatFormat(),
    MessagesFormat(),
    ShareGPTChatFormat(),
    PromptCompletionFormat(),
  ]

  /// The format that recognises a row; nil where none does.
  package static func detect(_ row: JSON) -> (any PairFormat)? {
    all.first { $0.matches(row) }
  }

  /// The format called `name`.
  /// - Throws: ``DataError`` with the list of names.
  package static func named(_ name: String) throws(DataError) -> any PairFormat {
    guard let format = all.first(where: { $0.name == name }) else {
      throw DataError(.unknownFormat(name: name, supported: all.map(\.name)))
    }
    return format
  }

  /// The error for a row that no format recognises; it names keys and types, never values.
  static func unknownShape(_ row: JSON, at location: RowLocation) -> DataError {
    guard let object = row.object else {
      return DataError(.notAnObject(location, found: row.typeName))
    }
    let limit = 12
    var members = object.members.prefix(limit).map { key, value in
      "\(DataError.shortened(key)) (\(value.typeName))"
    }
    if object.count > limit { members.append("\(object.count - limit) more") }
    return DataError(
      .unknownShape(location, members: members, supported: all.map(\.name)))
  }
}

extension DataError {
  /// A key fit to be shown: a file may use whole texts as keys, and texts stay out of messages.
  static func shortened(_ key: String) -> String {
    let limit = 40
    return key.unicodeScalars.count <= limit
      ? key : String(String.UnicodeScalarView(key.unicodeScalars.prefix(limit))) + "…"
  }
}
