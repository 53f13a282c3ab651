/// One allocation on a device, freed when the last reference goes.
///
/// The address is the device's own; only the device's operations may follow it.
package final class Buffer {
  package let byteCount: Int
  let address: UnsafeMutableRawPointer
  private let release: () -> Void

  init(address: UnsafeMutableRawPointer, byteCount: Int, release: @escaping () -> Void) {
    self.address = address
    self.byteCount = byteCount
    self.release = release
  }

  deinit { release() }
}
