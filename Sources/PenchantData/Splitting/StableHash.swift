import PenchantCore

/// A 64-bit hash that is the same in every process and on every machine, unlike `Hasher`.
///
/// FNV-1a over the bytes and a finalizer that spreads the last ones (SplitMix64's). Not for secrets,
/// and collisions must be harmless or checked for.
package struct StableHash {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package init(_ passage: Passage) { combine(passage) }

  package mutating func combine(_ byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  /// Adds the eight bytes of a number, the lowest first.
  package mutating func combine(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      combine(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// Adds a text and a mark behind it that no UTF-8 text contains.
  package mutating func combine(_ text: String) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      for byte in bytes { combine(byte) }
    }
    if isDone == nil { for byte in text.utf8 { combine(byte) } }
    combine(0xff as UInt8)
  }

  package mutating func combine(_ passage: Passage) {
    switch passage {
    case .text(let text):
      combine(0xf8 as UInt8)
      combine(text)
    case .messages(let messages):
      combine(0xf9 as UInt8)
      for message in messages {
        combine(message.role)
        combine(message.extra.isEmpty ? message.text : message.json.text())
      }
      combine(0xfa as UInt8)
    }
  }

  package var value: UInt64 {
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
