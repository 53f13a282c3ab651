#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

enum Pause {
  static func tenthOfASecond() { usleep(100_000) }
}
