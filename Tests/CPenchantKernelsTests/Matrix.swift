import CPenchantKernels

/// Bytes on a cache line of their own, with a guard behind them that must survive.
final class Storage {
  private static let guardBytes = 64
  let count: Int
  let pointer: UnsafeMutableRawPointer

  init(count: Int) {
    self.count = count
    pointer = .allocate(byteCount: count + Self.guardBytes, alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0xff, count: count + Self.guardBytes)
  }

  deinit {
    for i in 0..<Self.guardBytes {
      precondition(
        pointer.load(fromByteOffset: count + i, as: UInt8.self) == 0xff,
        "a kernel wrote past its buffer of \(count) bytes")
    }
    pointer.deallocate()
  }
}

/// SplitMix64: the tests' numbers are the same in every run.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in −scale ..< scale.
  mutating func float(_ scale: Float = 1) -> Float {
    (Float(next() >> 40) / Float(1 << 23) - 1) * scale
  }
}

/// A row-major matrix in either dtype.
///
/// The padding between rows holds NaN: a kernel that reads past a row
/// poisons its result, one that writes past it is found by `paddingIsIntact`.
final class Matrix {
  let rows: Int
  let columns: Int
  let stride: Int
  let dtype: pen_dtype
  private let storage: Storage

  var pointer: UnsafeMutableRawPointer { storage.pointer }
  var floats: UnsafeMutablePointer<Float> { storage.pointer.assumingMemoryBound(to: Float.self) }

  init(_ rows: Int, _ columns: Int, _ dtype: pen_dtype = PEN_F32, padding: Int = 3) {
    self.rows = rows
    self.columns = columns
    self.dtype = dtype
    stride = columns + padding
    storage = Storage(count: rows * stride * (dtype == PEN_BF16 ? 2 : 4))
    for row in 0..<rows {
      for column in 0..<columns { self[row, column] = 0 }
    }
  }

  convenience init(
    _ rows: Int, _ columns: Int, _ dtype: pen_dtype = PEN_F32, padding: Int = 3,
    random numbers: inout Numbers, scale: Float = 1
  ) {
    self.init(rows, columns, dtype, padding: padding)
    for row in 0..<rows {
      for column in 0..<columns { self[row, column] = numbers.float(scale) }
    }
  }

  subscript(row: Int, column: Int) -> Float {
    get { load(row * stride + column) }
    set {
      let index = row * stride + column
      if dtype == PEN_BF16 {
        pointer.storeBytes(of: bfloat(newValue), toByteOffset: index * 2, as: UInt16.self)
      } else {
        pointer.storeBytes(of: newValue, toByteOffset: index * 4, as: Float.self)
      }
    }
  }

  private func load(_ index: Int) -> Float {
    dtype == PEN_BF16
      ? Float(bitPattern: UInt32(pointer.load(fromByteOffset: index * 2, as: UInt16.self)) << 16)
      : pointer.load(fromByteOffset: index * 4, as: Float.self)
  }

  /// As the right operand of a product.
  var operand: pen_matrix {
    pen_matrix(data: pointer, stride: Int64(stride), scales: nil, scale_stride: 0)
  }

  /// Where a row begins.
  func row(_ row: Int) -> UnsafeMutableRawPointer {
    pointer + row * stride * (dtype == PEN_BF16 ? 2 : 4)
  }

  /// The bits of a row, to compare results bit for bit.
  func bits(row: Int) -> [UInt32] { (0..<columns).map { self[row, $0].bitPattern } }

  /// The bits of all rows.
  var bits: [UInt32] { (0..<rows).flatMap { bits(row: $0) } }

  var values: [Double] {
    (0..<rows).flatMap { row in (0..<columns).map { Double(self[row, $0]) } }
  }

  var paddingIsIntact: Bool {
    (0..<rows).allSatisfy { row in
      (columns..<stride).allSatisfy { load(row * stride + $0).isNaN }
    }
  }
}

/// To nearest, ties to even; written apart from the kernels' own.
func bfloat(_ value: Float) -> UInt16 {
  if value.isNaN { return 0x7fc0 }
  let bits = value.bitPattern
  let low = bits & 0xffff
  let high = UInt16(bits >> 16)
  if low > 0x8000 || (low == 0x8000 && high & 1 == 1) { return high &+ 1 }
  return high
}

/// What a product sees of a value in this dtype.
func rounded(_ value: Double, _ dtype: pen_dtype) -> Double {
  dtype == PEN_BF16 ? Double(Float(bitPattern: UInt32(bfloat(Float(value))) << 16)) : value
}
