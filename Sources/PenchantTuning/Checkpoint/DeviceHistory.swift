package import PenchantCore

/// What a run's steps were computed on, stretch by stretch.
///
/// A run that was resumed ends with the bytes of an uninterrupted one as long as all its steps are of one family
/// (`Device.family`). Steps that an earlier version computed are in no stretch: nothing is known of them.
package struct DeviceHistory: Sendable, Equatable {
  /// Steps of one family, without a gap.
  package struct Stretch: Sendable, Equatable {
    package let family: String
    /// Counted from 1.
    package let first: Int
    package fileprivate(set) var last: Int

    package init(family: String, first: Int, last: Int) {
      self.family = family
      self.first = first
      self.last = last
    }
  }

  /// In the order of the steps; neighbours differ.
  package private(set) var stretches: [Stretch] = []

  package init() {}

  /// Notes on what the next step was computed.
  package mutating func add(step: Int, on family: String) {
    if let last = stretches.indices.last, stretches[last].family == family {
      stretches[last].last = step
    } else {
      stretches.append(Stretch(family: family, first: step, last: step))
    }
  }

  /// Whether the last step is known to be of another family.
  package func departs(from family: String) -> Bool {
    stretches.last.map { $0.family != family } ?? false
  }

  /// `steps 1–12 on cpu-avx512, from 13 on cpu-avx2: bytes differ from those of an uninterrupted run`; nil where all
  /// that is known of is of one family.
  package var sentence: String? {
    guard let first = stretches.first, let last = stretches.last, stretches.count > 1 else {
      return nil
    }
    let earlier = stretches.dropLast().map { stretch in
      (stretch.first == stretch.last ? "\(stretch.first)" : "\(stretch.first)–\(stretch.last)")
        + " on \(stretch.family)"
    }
    return (first.first == first.last ? "step " : "steps ") + earlier.joined(separator: ", ")
      + ", from \(last.first) on \(last.family): bytes differ from those of an uninterrupted run"
  }
}

// MARK: - File

extension DeviceHistory {
  package var json: JSON {
    .array(
      stretches.map {
        [
          "family": .string($0.family), "first_step": .number(JSONNumber($0.first)),
          "last_step": .number(JSONNumber($0.last)),
        ]
      })
  }

  /// nil if the value is not what ``json`` writes.
  package init?(_ json: JSON) {
    guard let list = json.array else { return nil }
    for item in list {
      guard let family = item["family"]?.string, let first = item["first_step"]?.int,
        let last = item["last_step"]?.int, 1 <= first, first <= last
      else { return nil }
      if let before = stretches.last {
        guard before.last == first - 1, before.family != family else { return nil }
      }
      stretches.append(Stretch(family: family, first: first, last: last))
    }
  }
}
