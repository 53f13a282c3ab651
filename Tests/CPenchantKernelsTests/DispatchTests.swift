import CPenchantKernels
import Testing

@Suite struct DispatchTests {
  @Test func plainIsAlwaysThere() {
    #expect(KernelSet.all.contains { $0.isa == PEN_ISA_PLAIN.rawValue })
  }

  @Test func theBestIsOneThatThisMachineHas() {
    #expect(KernelSet.all.last?.isa == pen_best_isa().rawValue)
  }

  @Test func anUnknownInstructionSetIsNull() {
    #expect(pen_kernels_for(pen_isa(rawValue: 99)) == nil)
  }

  @Test(arguments: KernelSet.all)
  func panelsAreWholeCacheLines(set: KernelSet) {
    for depth in oddShapes {
      for dtype in DType.allCases {
        let bytes = set.table.panel_bytes(Int64(depth), dtype.pen)
        #expect(bytes > 0 && bytes % 64 == 0)
      }
    }
  }
}
