import CPenchantKernels
import Testing

/// One instruction set's kernels, as an argument of parameterised tests.
struct KernelSet: Sendable, CustomTestStringConvertible {
  let isa: UInt32

  var table: pen_kernels {
    guard let table = pen_kernels_for(pen_isa(rawValue: isa)) else {
      preconditionFailure("this machine has no instruction set \(isa)")
    }
    return table.pointee
  }
  var testDescription: String { String(cString: table.name) }

  static let plain = KernelSet(isa: PEN_ISA_PLAIN.rawValue)
  /// Those this machine has.
  static let all = (0..<PEN_ISA_COUNT.rawValue)
    .filter { pen_kernels_for(pen_isa(rawValue: $0)) != nil }
    .map { KernelSet(isa: $0) }
  /// Those with a plain twin to be compared with.
  static let vectorised = all.filter { $0.isa != plain.isa }
}

/// Matrix dtypes by name.
enum DType: String, CaseIterable, Sendable {
  case float32, bfloat16

  var pen: pen_dtype { self == .bfloat16 ? PEN_BF16 : PEN_F32 }
}

/// How far results may lie from the reference.
enum Tolerance {
  /// Half the distance between neighbouring float32 values, relative: one rounding.
  static let float32 = 0x1p-24
  /// The same for bf16.
  static let bfloat16 = 0x1p-8
  /// Two kernels, or a kernel and Double, after sums of a few hundred float32 terms of like size: relative
  /// to the largest value of the result.
  static let sums = 1e-5
  /// The same where probabilities or gradients were rounded to bf16 on the way.
  ///
  /// Each rounding is 2⁻⁹ of its
  /// own term and their signs are mixed; a kernel that rounds before, another after scaling, differ by as much.
  static let bfloat16Sums = 1e-2

  static func sums(_ dtype: DType) -> Double { dtype == .bfloat16 ? bfloat16Sums : sums }
}

/// Expects every value within `tolerance` of the reference, relative to the reference's largest value.
///
/// `atLeast` is the size that is assumed where the reference is smaller: a gradient that is 0 by
/// cancellation has the rounding of what cancelled.
func expectClose(
  _ values: [Double], _ reference: [Double], _ tolerance: Double, _ what: Comment,
  atLeast: Double = 0, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == reference.count, what, sourceLocation: sourceLocation)
  let size = reference.reduce(atLeast) { max($0, abs($1)) }
  // `!(a <= b)` so that a NaN counts as far off.
  let off = zip(values, reference).enumerated().filter {
    !(abs($1.0 - $1.1) <= tolerance * size)
  }
  let first = off.first.map { "element \($0.offset): \($0.element.0), expected \($0.element.1)" }
  #expect(first == nil, what, sourceLocation: sourceLocation)
}

let oddShapes = [1, 2, 3, 5, 6, 7, 15, 16, 17, 63, 64, 65, 130]
