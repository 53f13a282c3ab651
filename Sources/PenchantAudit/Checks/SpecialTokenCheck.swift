/// Marks of chat templates inside texts, where they would become control tokens or be learnt as words.
struct SpecialTokenCheck: RowCheck {
  let check = Check(
    "special-tokens", .block, "a text holds marks of a chat template",
    measures: "prompt and both answers",
    formula:
      "<|name|> of letters, digits and _; [INST], [/INST], <<SYS>>, <</SYS>>, <start_of_turn>, <end_of_turn>, <bos>, <eos>, </s>, <s> at the very beginning",
    threshold: "any row",
    why:
      "A tokenizer turns the mark into a control token: a turn ends in the middle of a text, or a prompt speaks as the assistant.",
    remedy:
      "Find out which template the data went through and take it out; drop the rows otherwise.")
  let action: PatchAction? = .drop

  private static let marks = [
    "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>", "<bos>",
    "<eos>",
    "</s>",
  ].map { Array($0.utf8) }
  private static let start = Array("<s>".utf8)

  func problem(of row: PairText) -> String? {
    for (name, bytes) in row.texts
    where Self.hasMark(bytes) {
      return "a template's mark in the \(name)"
    }
    return nil
  }

  static func hasMark(_ text: [UInt8]) -> Bool {
    if text.has(start, at: 0) { return true }
    return text.withUnsafeBufferPointer { bytes in
      for position in bytes.indices where bytes[position] == 0x3c || bytes[position] == 0x5b {
        if bytes[position] == 0x3c, position + 1 < bytes.count, bytes[position + 1] == 0x7c,
          isPiped(bytes, from: position + 2)
        {
          return true
        }
        if marks.contains(where: { text.has($0, at: position) }) { return true }
      }
      return false
    }
  }

  /// Whether a name and `|>` follow.
  private static func isPiped(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
    var position = start
    while position < bytes.count, position - start <= 40 {
      let byte = bytes[position]
      if byte == 0x7c {
        return position > start && position + 1 < bytes.count && bytes[position + 1] == 0x3e
      }
      guard byte.isLetter || byte.isDigit || byte == 0x5f else { return false }
      position += 1
    }
    return false
  }
}
