import PenchantCore
import Testing

@Suite struct CRC32CTests {
  // RFC 3720, appendix B.4, and the customary check value.
  @Test(
    "has the published values",
    arguments: [
      (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (Array(0..<32), 0x46dd_794e), ([], 0),
    ] as [([UInt8], UInt32)])
  func published(bytes: [UInt8], value: UInt32) {
    #expect(CRC32C.checksum(bytes) == value)
  }

  @Test("the masked form is the rotated one plus a constant") func masked() {
    // 0xe3069283 rotated right by 15, plus 0xa282ead8.
    #expect(CRC32C.masked(Array("123456789".utf8)) == 0xc78a_b0e5)
  }
}
