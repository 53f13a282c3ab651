import PenchantCore
import Synchronization

/// Remembers the steps of writing in their order.
final class Steps: Sendable {
  private let steps = Mutex<[WriteStep]>([])

  var all: [WriteStep] { steps.withLock { $0 } }

  var record: WriteFault {
    { step, _ throws(CoreError) in self.steps.withLock { $0.append(step) } }
  }
}
