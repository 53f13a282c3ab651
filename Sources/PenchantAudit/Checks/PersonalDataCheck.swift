/// Addresses, numbers and keys that belong to somebody.
struct PersonalDataCheck: RowCheck {
  let check = Check(
    "personal-data", .warn, "a text holds an address, a number or a key of somebody",
    measures: "prompt and both answers",
    formula:
      "e-mail addresses (not at example.*), international and North American phone numbers, IBAN (mod 97), payment cards (Luhn), public IPv4 addresses, keys by their prefixes (AKIA…, ghp_…, sk-…, -----BEGIN … PRIVATE KEY)",
    threshold: "any row",
    why: "A tuned model can repeat what it was tuned on.",
    remedy:
      "Replace them in the texts; the report and findings.json name rows and kinds, never the values."
  )

  func problem(of row: PairText) -> String? {
    for (name, bytes) in row.texts {
      if let kind = PersonalData.kind(bytes) { return "\(kind) in the \(name)" }
    }
    return nil
  }
}

/// Finds the first of the kinds in a text.
enum PersonalData {
  private static let keyPrefixes: [(text: [UInt8], length: Int)] = [
    (Array("AKIA".utf8), 20), (Array("ghp_".utf8), 40), (Array("github_pat_".utf8), 40),
    (Array("sk-".utf8), 35), (Array("xoxb-".utf8), 30), (Array("hf_".utf8), 37),
  ]
  private static let privateKey = Array("PRIVATE KEY-----".utf8)
  private static let examples = ["example.", "test.", "domain.", "email.", "yourdomain."].map {
    Array($0.utf8)
  }

  static func kind(_ text: [UInt8]) -> String? {
    var position = 0
    while position < text.count {
      let byte = text[position]
      let isStart = position == 0 || !(text[position - 1].isLetter || text[position - 1].isDigit)
      switch byte {
      case UInt8(ascii: "@"): if isEmail(text, position) { return "an e-mail address" }
      case UInt8(ascii: "-") where isStart && text.has(Array("-----BEGIN ".utf8), at: position):
        if text.offset(of: privateKey, from: position).map({ $0 - position < 40 }) == true {
          return "a private key"
        }
      case UInt8(ascii: "+") where isStart:
        if isPhone(text, position + 1) { return "a phone number" }
      case _ where byte.isDigit && isStart:
        let (digits, end) = digitRun(text, position)
        if digits.count >= 13, digits.count <= 19, (3...6).contains(digits[0]), luhn(digits) {
          return "a payment card number"
        }
        if isNorthAmerican(text, position, end) { return "a phone number" }
        if isAddress(text, position) { return "an IP address" }
        position = max(position, skipDigits(text, position) - 1)
      case _ where byte.isLetter && isStart:
        if isIBAN(text, position) { return "an IBAN" }
        for (prefix, length) in keyPrefixes where text.has(prefix, at: position) {
          if tokenLength(text, position) >= length { return "an access key" }
        }
      default: break
      }
      position += 1
    }
    return nil
  }

  private static func skipDigits(_ text: [UInt8], _ start: Int) -> Int {
    var position = start
    while position < text.count, text[position].isDigit { position += 1 }
    return position
  }

  private static func tokenLength(_ text: [UInt8], _ start: Int) -> Int {
    var position = start
    var hasDigit = false
    while position < text.count,
      text[position].isLetter || text[position].isDigit || text[position] == 0x5f
        || text[position] == 0x2d
    {
      hasDigit = hasDigit || text[position].isDigit
      position += 1
    }
    return hasDigit ? position - start : 0
  }

  private static func isEmail(_ text: [UInt8], _ at: Int) -> Bool {
    guard at > 0, text[at - 1].isLetter || text[at - 1].isDigit else { return false }
    var end = at + 1
    while end < text.count,
      text[end].isLetter || text[end].isDigit || text[end] == 0x2e || text[end] == 0x2d
    {
      end += 1
    }
    let domain = Array(text[(at + 1)..<end])
    guard let dot = domain.lastIndex(of: 0x2e), dot > 0 else { return false }
    let top = domain[(dot + 1)...]
    // A full stop that ends the sentence is no part of it.
    if top.isEmpty { return isEmail(Array(text[..<(end - 1)]), at) }
    guard top.count >= 2, top.allSatisfy(\.isLetter) else { return false }
    return !examples.contains { domain.starts(with: $0) }
  }

  /// Digits with single spaces, dots or dashes between them.
  private static func digitRun(_ text: [UInt8], _ start: Int) -> (digits: [Int], end: Int) {
    var digits: [Int] = []
    var position = start
    while position < text.count, digits.count < 20 {
      if text[position].isDigit {
        digits.append(Int(text[position]) - 0x30)
      } else if text[position] != 0x20 && text[position] != 0x2d
        || position + 1 >= text.count || !text[position + 1].isDigit
      {
        break
      }
      position += 1
    }
    return (digits, position)
  }

  private static func luhn(_ digits: [Int]) -> Bool {
    var sum = 0
    for (offset, digit) in digits.reversed().enumerated() {
      let doubled = offset % 2 == 1 ? digit * 2 : digit
      sum += doubled > 9 ? doubled - 9 : doubled
    }
    return sum % 10 == 0 && Set(digits).count > 2
  }

  private static func isPhone(_ text: [UInt8], _ start: Int) -> Bool {
    guard start < text.count, (0x31...0x39).contains(text[start]) else { return false }
    var (position, digits, separators) = (start, 0, 0)
    while position < text.count, digits < 16 {
      if text[position].isDigit {
        digits += 1
      } else if [0x20, 0x2d, 0x28, 0x29, 0x2e].contains(text[position]) {
        separators += 1
      } else {
        break
      }
      position += 1
    }
    return (10...15).contains(digits) && separators <= 8
  }

  /// ddd-ddd-dddd, but not the fictitious 555.
  private static func isNorthAmerican(_ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
    guard end - start == 12, text[start + 3] == text[start + 7], text[start + 3] == 0x2d else {
      return false
    }
    let five = UInt8(ascii: "5")
    return !(text[start + 4] == five && text[start + 5] == five && text[start + 6] == five)
      && text[start] >= 0x32
      && !(text[start] == five && text[start + 1] == five && text[start + 2] == five)
  }

  /// Four numbers up to 255 with dots, outside the private and reserved ranges.
  private static func isAddress(_ text: [UInt8], _ start: Int) -> Bool {
    if start > 0, text[start - 1] == 0x2e { return false }
    var (parts, position) = ([Int](), start)
    while parts.count < 4 {
      let end = skipDigits(text, position)
      guard end > position, end - position <= 3 else { return false }
      parts.append(text[position..<end].reduce(0) { $0 * 10 + Int($1) - 0x30 })
      position = end
      if parts.count < 4 {
        guard position < text.count, text[position] == 0x2e else { return false }
        position += 1
      }
    }
    if position + 1 < text.count, text[position] == 0x2e, text[position + 1].isDigit {
      return false
    }
    guard parts.allSatisfy({ $0 <= 255 }), parts[0] > 0, parts[0] < 224 else { return false }
    switch (parts[0], parts[1]) {
    case (10, _), (127, _), (192, 168), (172, 16...31), (169, 254), (192, 0), (198, 51), (203, 0):
      return false
    // Version numbers: 1.2.3.4.
    default: return parts.contains { $0 > 31 }
    }
  }

  /// ISO 13616: the rearranged number is 1 modulo 97.
  private static func isIBAN(_ text: [UInt8], _ start: Int) -> Bool {
    func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
    guard start + 15 <= text.count, isUpper(text[start]), isUpper(text[start + 1]),
      text[start + 2].isDigit, text[start + 3].isDigit
    else { return false }
    var characters: [UInt8] = []
    var position = start
    while position < text.count, characters.count < 34 {
      let byte = text[position]
      if byte.isDigit || isUpper(byte) {
        characters.append(byte)
      } else if byte != 0x20 || characters.count % 4 != 0 {
        break
      }
      position += 1
    }
    guard characters.count >= 15, characters.count(where: \.isDigit) >= 10 else { return false }
    var remainder = 0
    for byte in characters[4...] + characters[..<4] {
      let value = byte.isDigit ? Int(byte) - 0x30 : Int(byte) - 0x41 + 10
      remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
    }
    return remainder == 1
  }
}
