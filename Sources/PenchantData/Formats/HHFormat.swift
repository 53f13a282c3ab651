package import PenchantCore

/// Anthropic's HH-RLHF transcripts: `{chosen, rejected}`, both strings that start with `\n\nHuman:`.
///
/// The prompt ends after the last `\n\nAssistant:` that both sides share. Where the conversations part
/// before their last turn, the answers therefore hold the later turns of both speakers.
package struct HHFormat: PairFormat {
  package var name: String { "hh" }
  package var shape: String {
    "{chosen, rejected} of \\n\\nHuman: … \\n\\nAssistant: … transcripts"
  }

  private static let opening = "\n\nHuman:"
  private static let marker = Array("\n\nAssistant:".utf8)

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] == nil
      && row["chosen"]?.string?.utf8.starts(with: Self.opening.utf8) == true
      && row["rejected"]?.string?.utf8.starts(with: Self.opening.utf8) == true
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let chosen = Array(try fields.requireString("chosen").utf8)
    let rejected = Array(try fields.requireString("rejected").utf8)
    guard let end = Self.promptEnd(chosen, rejected) else {
      throw DataError(.noSharedTurn(location))
    }
    // The marker is ASCII, so that a cut behind it never splits a character.
    return try fields.pair(
      prompt: .text(String(decoding: chosen[..<end], as: UTF8.self)),
      chosen: .text(String(decoding: chosen[end...], as: UTF8.self)),
      rejected: .text(String(decoding: rejected[end...], as: UTF8.self)))
  }

  /// The offset behind the last marker that lies within what both transcripts share.
  private static func promptEnd(_ chosen: [UInt8], _ rejected: [UInt8]) -> Int? {
    let limit = min(chosen.count, rejected.count)
    var shared = 0
    while shared < limit, chosen[shared] == rejected[shared] { shared += 1 }
    var end = shared
    while end >= marker.count {
      if chosen[end - marker.count..<end].elementsEqual(marker) { return end }
      end -= 1
    }
    return nil
  }
}
