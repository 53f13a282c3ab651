internal import CPenchantStudio
import PenchantCore

/// A file of the studio's pages: part of the program, found by name in a table.
package struct StudioAsset: Sendable {
  package let bytes: [UInt8]
  package let mediaType: String

  /// The file of this name; nil where there is none.
  ///
  /// No path leads anywhere else: there are no paths.
  package init?(_ name: String) {
    // One sheet serves reports and studio.
    if name == "report.css" {
      self.init(Array(ReportStyle.sheet.markup.utf8), "text/css")
      return
    }
    var count = 0
    guard let data = pen_studio_file(name, &count) else { return nil }
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    switch name.split(separator: ".").last {
    case "html": self.init(bytes, "text/html")
    case "css": self.init(bytes, "text/css")
    case "js": self.init(bytes, "text/javascript")
    case "svg": self.init(bytes, "image/svg+xml")
    default: return nil
    }
  }

  private init(_ bytes: [UInt8], _ type: String) {
    self.bytes = bytes
    mediaType = type + "; charset=utf-8"
  }
}
