import PenchantCore
import Testing

@Suite("JSON.text")
struct JSONWritingTests {
  private let sample: JSON = ["a": [1, 2.5, "x"], "b": [:], "c": [], "d": nil, "e": ["f": false]]

  @Test func writesOnOneLineAsPythonDoes() {
    #expect(
      sample.text()
        == #"{"a": [1, 2.5, "x"], "b": {}, "c": [], "d": null, "e": {"f": false}}"#)
  }

  @Test func indentsByTwo() {
    #expect(
      sample.text(.pretty) == """
        {
          "a": [
            1,
            2.5,
            "x"
          ],
          "b": {},
          "c": [],
          "d": null,
          "e": {
            "f": false
          }
        }
        """)
  }

  @Test func escapesOnlyWhatItMust() {
    #expect(
      JSON.string("\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}é\u{2028}").text()
        == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}é\u{2028}\"")
  }

  @Test func everyScalarRoundTrips() throws {
    for value in [0...0xd7ff, 0xe000...0x10ffff] as [ClosedRange<UInt32>] {
      for block in stride(from: value.lowerBound, through: value.upperBound, by: 4096) {
        var text = ""
        for code in block...min(block + 4095, value.upperBound) {
          if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(scalar) }
        }
        #expect(try JSON.parse(JSON.string(text).text()) == .string(text))
      }
    }
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1e-5, 1e22, .leastNonzeroMagnitude, Double.greatestFiniteMagnitude, -2.5, 1e16,
    123456789.125,
  ])
  func doublesReadBackAsTheSameNumber(value: Double) throws {
    let text = JSON.number(JSONNumber(value)).text()
    #expect(try JSON.parse(text).double == value)
  }

  @Test func objectsReplaceInPlaceAndRemove() {
    var object = JSONObject(["a": 1, "b": 2, "c": 3])
    object["b"] = 5
    object["a"] = nil
    object["z"] = nil
    #expect(JSON.object(object).text() == #"{"b": 5, "c": 3}"#)
    for number in 0..<30 { object["k\(number)"] = .number(JSONNumber(number)) }
    for number in 0..<25 { object["k\(number)"] = nil }
    #expect(object.count == 7)
    #expect(object["k24"] == nil)
    #expect(object["k29"]?.int == 29)
  }
}
