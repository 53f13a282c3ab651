import PenchantStudio
import Testing

@Suite("The Host allow-list") struct AllowedHostsTests {
  private let loopback = AllowedHosts(host: "127.0.0.1", port: 8787)

  @Test(
    "names of this machine with the port are ours, in either case",
    arguments: ["127.0.0.1:8787", "localhost:8787", "LocalHost:8787", "[::1]:8787"])
  func ours(_ host: String) { #expect(loopback.contains(host)) }

  @Test(
    "anything else is not",
    arguments: [
      "", ":8787", "127.0.0.1", "localhost", "127.0.0.1:8788", "127.0.0.1:08787",
      "127.0.0.1:8787.evil.example", "evil.example:8787", "localhost.evil.example:8787",
      "localhost.:8787", "127.0.0.1.:8787", "127.1:8787", "2130706433:8787", "0x7f.0.0.1:8787",
      "0.0.0.0:8787", "::1:8787", "[::]:8787", "[::ffff:127.0.0.1]:8787", "a@127.0.0.1:8787",
      "127.0.0.1:8787 ", "127.0.0.1:8787,127.0.0.1:8787", "192.168.1.5:8787", "penchant.local:8787",
      "127.0.0.2:8787", "ｌocalhost:8787",
    ])
  func others(_ host: String) { #expect(!loopback.contains(host)) }

  @Test("a request without a Host has none of ours") func none() {
    #expect(!loopback.contains(nil))
  }

  @Test("the port may be left out where it is 80") func port80() {
    let hosts = AllowedHosts(host: "127.0.0.1", port: 80)
    #expect(hosts.contains("127.0.0.1"))
    #expect(hosts.contains("127.0.0.1:80"))
  }

  @Test("an address of the network is the only name it gives") func network() {
    let hosts = AllowedHosts(host: "192.168.1.5", port: 8787)
    #expect(hosts.names == ["192.168.1.5:8787"])
    #expect(AllowedHosts(host: "fd00::5", port: 9).names == ["[fd00::5]:9"])
  }

  @Test("on all addresses, those of the machine count and no others") func everywhere() {
    let hosts = AllowedHosts(host: "0.0.0.0", port: 9, interfaces: ["127.0.0.1", "10.0.0.7"])
    #expect(hosts.names == ["127.0.0.1:9", "localhost:9", "[::1]:9", "10.0.0.7:9"])
  }
}
