import PenchantCore

/// How the program ends.
enum ExitStatus: Equatable {
  /// Done.
  case done
  /// Everything worked and the answer is "no".
  case answeredNo
  /// The command or what it was given is wrong.
  case wrongInput
  /// It started and could not finish.
  case unfinished
  /// A signal ended it.
  case signalled(Int32)

  init(_ category: FailureCategory) {
    switch category {
    case .usage, .input: self = .wrongInput
    case .answer: self = .answeredNo
    case .runtime: self = .unfinished
    }
  }

  /// The number the shell sees.
  var code: Int32 {
    switch self {
    case .done: 0
    case .answeredNo: 1
    case .wrongInput: 2
    case .unfinished: 3
    case .signalled(let number): 128 + number
    }
  }
}
