#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension SampleProbe {
  /// e^x − 1, exact also where x is small; the difference to x is what k3 is made of.
  static func expMinusOne(_ x: Double) -> Double { expm1(x) }
}
