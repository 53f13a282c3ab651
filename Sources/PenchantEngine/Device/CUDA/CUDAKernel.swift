/// A kernel of `CPenchantCUDA/kernels`, in the module that has it for a matrix dtype.
package struct CUDAKernel: Hashable {
  /// What is compiled at once.
  package struct Module: Hashable {
    /// `kernels/NAME.cu`.
    package let name: String
    /// The compiler's options that choose a variant, in a fixed order.
    package let defines: [String]

    /// - Parameter numbers: what attention is compiled for, by name.
    init(_ name: String, _ dtype: DType, _ numbers: KeyValuePairs<String, Int> = [:]) {
      self.name = name
      defines = (dtype == .float32 ? ["-DFLOAT32"] : []) + numbers.map { "-D\($0)=\($1)" }
    }
  }

  let module: Module
  /// Without the prefix `pen_`.
  let name: String

  init(_ name: String, in module: String, _ dtype: DType) {
    self.init(name, in: Module(module, dtype))
  }

  init(_ name: String, in module: Module) {
    self.name = name
    self.module = module
  }
}

/// What fills a field of a kernel's structure of arguments: 8 bytes.
protocol KernelArgument {
  var field: UInt64 { get }
}

extension Int: KernelArgument {
  var field: UInt64 { UInt64(bitPattern: Int64(self)) }
}

extension Bool: KernelArgument {
  var field: UInt64 { self ? 1 : 0 }
}

extension UInt64: KernelArgument {
  var field: UInt64 { self }
}

/// Kernels take doubles, since all fields have 8 bytes.
extension Float: KernelArgument {
  var field: UInt64 { Double(self).bitPattern }
}

extension Tensor: KernelArgument {
  var field: UInt64 { device }
}

/// A missing tensor is the address 0.
extension Tensor?: KernelArgument {
  var field: UInt64 { self?.device ?? 0 }
}
