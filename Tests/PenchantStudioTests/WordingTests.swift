import PenchantStudio
import Testing

@Suite struct StudioErrorWordingTests {
  @Test func aRequestNamesItsMember() {
    let error = StudioError(.malformedRequest(key: "verdict", expected: "a string"))
    #expect(error.message == "'verdict' must be a string")
    #expect(error.httpStatus == 400)
  }
}
