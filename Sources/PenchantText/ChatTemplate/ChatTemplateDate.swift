#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A moment on the wall clock, for templates that print today's date.
package struct ChatTemplateDate: Sendable, Equatable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int
  /// 0 to 23.
  package var hour: Int
  /// 0 to 59.
  package var minute: Int
  /// 0 to 60.
  package var second: Int

  package init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
  ) {
    precondition((1...9999).contains(year), "ChatTemplateDate: year 1...9999, got \(year)")
    precondition((1...12).contains(month), "ChatTemplateDate: month 1...12, got \(month)")
    precondition((1...31).contains(day), "ChatTemplateDate: day 1...31, got \(day)")
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The present moment in the local time zone.
  @Sendable package static func local() -> ChatTemplateDate {
    var now = time(nil)
    var parts = tm()
    guard localtime_r(&now, &parts) != nil, (-1899...8099).contains(parts.tm_year) else {
      return ChatTemplateDate(year: 1970, month: 1, day: 1)
    }
    return ChatTemplateDate(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
      hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// The day of the year, from 1.
  var ordinal: Int {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    return before + day + (month > 2 && Self.isLeap(year) ? 1 : 0)
  }

  /// The day of the week, Sunday being 0.
  var weekday: Int {
    // The first day of the year 1 was a Monday.
    let past = year - 1
    return (past * 365 + past / 4 - past / 100 + past / 400 + ordinal) % 7
  }

  /// The ISO 8601 year and week: weeks begin on Monday, the first one holds January 4th.
  private var isoWeek: (year: Int, week: Int) {
    let monday = (weekday + 6) % 7
    let week = (ordinal - 1 - monday + 10) / 7
    if week < 1 {
      let last = ChatTemplateDate(year: max(year - 1, 1), month: 12, day: 31)
      return (year - 1, last.isoWeek.week)
    }
    let days = Self.isLeap(year) ? 366 : 365
    if week == 53, ordinal - monday + 3 > days { return (year + 1, 1) }
    return (year, week)
  }

  /// The date laid out as C's `strftime` does in the C locale.
  ///
  /// `%f` is zero microseconds and the time zone is empty, as in Python's naive `datetime`. Unknown
  /// letters stand as they are.
  func formatted(_ format: String) -> String {
    var output = ""
    var scalars = format.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        output.unicodeScalars.append(scalar)
        continue
      }
      guard var letter = scalars.next() else { return output + "%" }
      let plain = letter == "-"
      if plain {
        guard let next = scalars.next() else { return output + "%-" }
        letter = next
      }
      if let number = number(letter) {
        output += plain ? String(number.value) : Self.padded(number.value, number.width)
      } else if let text = text(letter) {
        output += text
      } else {
        output += plain ? "%-" : "%"
        output.unicodeScalars.append(letter)
      }
    }
    return output
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }

  private func number(_ letter: Unicode.Scalar) -> (value: Int, width: Int)? {
    switch letter {
    case "d": (day, 2)
    case "H": (hour, 2)
    case "I": ((hour + 11) % 12 + 1, 2)
    case "j": (ordinal, 3)
    case "m": (month, 2)
    case "M": (minute, 2)
    case "S": (second, 2)
    case "y": (year % 100, 2)
    // glibc does not pad the year.
    case "Y": (year, 1)
    case "C": (year / 100, 2)
    case "u": ((weekday + 6) % 7 + 1, 1)
    case "w": (weekday, 1)
    case "U": ((ordinal + 6 - weekday) / 7, 2)
    case "W": ((ordinal + 6 - (weekday + 6) % 7) / 7, 2)
    case "V": (isoWeek.week, 2)
    case "G": (isoWeek.year, 1)
    case "f": (0, 6)
    default: nil
    }
  }

  private func text(_ letter: Unicode.Scalar) -> String? {
    switch letter {
    case "a": String(Self.weekdays[weekday].prefix(3))
    case "A": Self.weekdays[weekday]
    case "b", "h": String(Self.months[month - 1].prefix(3))
    case "B": Self.months[month - 1]
    case "c": formatted("%a %b %e %H:%M:%S %Y")
    case "D", "x": formatted("%m/%d/%y")
    case "e": day < 10 ? " \(day)" : String(day)
    case "F": formatted("%Y-%m-%d")
    case "p": hour < 12 ? "AM" : "PM"
    case "r": formatted("%I:%M:%S %p")
    case "R": formatted("%H:%M")
    case "T", "X": formatted("%H:%M:%S")
    case "n": "\n"
    case "t": "\t"
    case "z", "Z": ""
    case "%": "%"
    default: nil
    }
  }
}
