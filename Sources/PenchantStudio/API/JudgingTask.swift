package import PenchantCore

/// What an annotator sees: a prompt and its answers, and nothing about where they come from.
package struct JudgingTask: Sendable, Equatable {
  package enum Kind: String, Sendable, Equatable {
    /// Two answers, one left and one right.
    case pair
    /// More than two, to be put into order.
    case ranking
  }

  /// One turn of the prompt.
  package struct Turn: Sendable, Equatable {
    package let role: String
    package let content: String
  }

  /// A random name (32 hexadecimal digits); only its own annotator can use it.
  package let id: String
  package let kind: Kind
  package let prompt: [Turn]
  /// In display order, the first left or on top; slots count from 0 in this order.
  package let answers: [String]
  /// Milliseconds since 1970 at which the task was first handed out.
  package let shownAt: Int64
}

/// The answer to "what next?".
package enum NextTask: Sendable, Equatable {
  /// Why there is nothing to judge.
  package enum Reason: String, Sendable, Equatable {
    /// Everything this annotator can judge is judged.
    case done
    /// What is left is with others at the moment; it may come back.
    case waiting
    /// The disk is full: nothing can be kept.
    case readOnly = "read_only"
  }

  case task(JudgingTask)
  case nothing(Reason)
}

extension JudgingTask {
  /// `{task_id, kind, prompt: [{role, content}], answers: […], shown_at}`.
  package var json: JSON {
    [
      "task_id": .string(id), "kind": .string(kind.rawValue),
      "prompt": .array(
        prompt.map { ["role": .string($0.role), "content": .string($0.content)] }),
      "answers": .array(answers.map(JSON.string)),
      "shown_at": .number(JSONNumber(Int(shownAt))),
    ]
  }
}

extension NextTask {
  /// `{task: {…}}`, or `{task: null, reason}`.
  package var json: JSON {
    switch self {
    case .task(let task): ["task": task.json]
    case .nothing(let reason): ["task": nil, "reason": .string(reason.rawValue)]
    }
  }
}
