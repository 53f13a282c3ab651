import PenchantData

/// Conversations whose speakers come in an order no chat template means.
struct RolesCheck: RowCheck {
  let check = Check(
    "roles", .block, "speakers come in the wrong order",
    measures: "roles of prompt and answers, where the row is made of messages",
    formula:
      "system only first; user and assistant take turns (tool results aside); the prompt ends before an assistant turn; each answer begins and ends with one",
    threshold: "any row",
    why:
      "Templates either refuse such conversations or wrap them into something the model never sees in use.",
    remedy: "Correct the conversion that wrote the rows; drop what cannot be corrected.")
  let action: PatchAction? = .drop

  func problem(of row: PairText) -> String? {
    guard case .messages(let prompt) = row.pair.prompt else { return nil }
    for (name, passage) in [("chosen", row.pair.chosen), ("rejected", row.pair.rejected)] {
      guard case .messages(let answer)? = passage else { continue }
      if answer.last?.role != "assistant" {
        return "the \(name) answer does not end with the assistant"
      }
      if answer.first?.role != "assistant" {
        return "the \(name) answer does not begin with the assistant"
      }
      if let problem = Self.order(prompt + answer) { return problem }
    }
    return nil
  }

  private static let kinds: Set<String> = [
    "system", "developer", "user", "assistant", "tool", "function", "observation",
  ]

  private static func order(_ turns: [Message]) -> String? {
    var previous = ""
    for (position, turn) in turns.enumerated() {
      switch turn.role {
      case "system", "developer":
        // Some data put a developer turn behind the system's.
        if position > 0, !["system", "developer"].contains(previous) {
          return "a system turn stands at position \(position + 1)"
        }
      case "user" where previous == "user": return "two user turns in a row"
      case "assistant" where previous == "assistant": return "two assistant turns in a row"
      case "assistant" where previous.isEmpty || previous == "system":
        return "the assistant speaks before the user"
      case let role where !kinds.contains(role): return "a role that no template knows"
      default: break
      }
      previous = turn.role
    }
    return nil
  }
}
