/// Trainable parameters, end to end in one float32 tensor, with what training keeps beside them.
///
/// The optimizer sees flat tensors; everything else sees the entries. Entries that decay come first.
package final class ParameterSet {
  /// One parameter's place.
  package struct Entry: Sendable, Equatable {
    /// The name files give it.
    package let name: String
    package let rows: Int
    package let columns: Int
    package let decays: Bool
    /// Elements from the beginning of the flat tensors.
    package fileprivate(set) var offset = 0

    package init(name: String, rows: Int, columns: Int, decays: Bool) {
      self.name = name
      self.rows = rows
      self.columns = columns
      self.decays = decays
    }

    package var count: Int { rows * columns }
    package var range: Range<Int> { offset..<offset + count }
  }

  package let entries: [Entry]
  /// The weights in float32.
  package let master: Tensor
  /// The weights as matrix products read them; the master itself in float32.
  package let working: Tensor
  /// Only while training.
  package let training: Training?

  /// What training keeps for each weight.
  package struct Training {
    package let gradient: Tensor
    package let firstMoment: Tensor
    package let secondMoment: Tensor
  }

  /// Plans the memory of a set of this many weights.
  package static func byteCount(of count: Int, dtype: DType, trainable: Bool) -> Int {
    count * (4 + (dtype == .float32 ? 0 : dtype.size) + (trainable ? 12 : 0))
  }

  private let names: [String: Int]

  /// Allocates the set, all weights zero.
  package init(
    _ entries: [Entry], dtype: DType, trainable: Bool, on device: any Device
  ) throws(EngineError) {
    var placed = entries.filter(\.decays) + entries.filter { !$0.decays }
    var offset = 0
    for index in placed.indices {
      placed[index].offset = offset
      offset += placed[index].count
    }
    self.entries = placed
    names = Dictionary(uniqueKeysWithValues: placed.enumerated().map { ($1.name, $0) })
    var plan = ArenaPlan()
    let masterSlot = plan.reserve(1, offset, .float32)
    let workingSlot = dtype == .float32 ? masterSlot : plan.reserve(1, offset, dtype)
    let trainingSlots = trainable ? (0..<3).map { _ in plan.reserve(1, offset, .float32) } : []
    let arena = try Arena(plan, on: device)
    master = arena[masterSlot]
    working = arena[workingSlot]
    training =
      trainable
      ? Training(
        gradient: arena[trainingSlots[0]], firstMoment: arena[trainingSlots[1]],
        secondMoment: arena[trainingSlots[2]]) : nil
  }

  package var count: Int { master.count }

  /// Weights before this offset decay.
  var decayEnd: Int { entries.last(where: \.decays)?.range.upperBound ?? 0 }

  /// The entry of a name, if there is one.
  package func entry(named name: String) -> Entry? { names[name].map { entries[$0] } }

  /// An entry's part of one of the flat tensors.
  package func view(_ entry: Entry, of flat: Tensor) -> Tensor {
    Tensor(
      buffer: flat.buffer, offset: flat.offset + entry.offset * flat.dtype.size, rows: entry.rows,
      columns: entry.columns, dtype: flat.dtype)
  }

  /// Brings the working copy up to date after the master was written.
  package func refreshWorking(on device: any Device) {
    if working.dtype != .float32 { device.convert(master, into: working) }
  }

  /// Takes over the weights of a set with the same entries.
  package func copyWeights(from other: ParameterSet, on device: any Device) {
    precondition(entries == other.entries, "ParameterSet.copyWeights: different entries")
    device.copy(other.master, to: master)
    refreshWorking(on: device)
  }
}
