/// Finds the prompt that two whole conversations or transcripts begin with.
///
/// The rule is that of TRL's `extract_prompt`, so that the same file trains the same tokens:
/// what both sides share is the prompt; a space at its end goes to the answers; and where one side is
/// the beginning of the other (or they are equal) the last shared element goes to the answers, so
/// that neither is empty. Different from TRL: two sides without anything in common have an empty
/// prompt (there, index −1 is read), and an empty side is left empty (there, it crashes).
enum SharedPrefix {
  /// Splits by whole turns.
  static func split(
    _ chosen: [Message], _ rejected: [Message]
  ) -> (prompt: [Message], chosen: [Message], rejected: [Message]) {
    let limit = min(chosen.count, rejected.count)
    var count = 0
    while count < limit, chosen[count] == rejected[count] { count += 1 }
    if count == limit, count > 0 { count -= 1 }
    return (Array(chosen[..<count]), Array(chosen[count...]), Array(rejected[count...]))
  }

  /// Splits by code points, which are what Python calls characters.
  static func split(
    _ chosen: String, _ rejected: String
  ) -> (prompt: String, chosen: String, rejected: String) {
    let left = chosen.unicodeScalars
    let right = rejected.unicodeScalars
    var leftEnd = left.startIndex
    var rightEnd = right.startIndex
    while leftEnd < left.endIndex, rightEnd < right.endIndex, left[leftEnd] == right[rightEnd] {
      left.formIndex(after: &leftEnd)
      right.formIndex(after: &rightEnd)
    }
    let isWhole = leftEnd == left.endIndex || rightEnd == right.endIndex
    if leftEnd > left.startIndex, isWhole || left[left.index(before: leftEnd)] == " " {
      left.formIndex(before: &leftEnd)
      right.formIndex(before: &rightEnd)
    }
    return (String(left[..<leftEnd]), String(left[leftEnd...]), String(right[rightEnd...]))
  }
}
