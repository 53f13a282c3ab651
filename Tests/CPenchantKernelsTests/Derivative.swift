#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// The C library's, under names that no kernel or standard-library symbol shares.
func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

/// The gradient of a function of Doubles by central differences: with a step of 1e-5 and values of
/// order 1 its error is below 1e-9, far under any float32 kernel's.
func numericalGradient<Root>(
  _ root: Root, _ path: WritableKeyPath<Root, [Double]>, _ function: (Root) -> Double
) -> [Double] {
  let step = 1e-5
  var root = root
  return root[keyPath: path].indices.map { i in
    let value = root[keyPath: path][i]
    root[keyPath: path][i] = value + step
    let above = function(root)
    root[keyPath: path][i] = value - step
    let below = function(root)
    root[keyPath: path][i] = value
    return (above - below) / (2 * step)
  }
}
