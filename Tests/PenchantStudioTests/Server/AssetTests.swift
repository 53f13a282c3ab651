import CPenchantStudio
import Foundation
import PenchantStudio
import Testing

@Suite("The files of the pages") struct AssetTests {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/CPenchantStudio/assets")

  private static var names: [String] {
    (0...).lazy.map { pen_studio_file_name($0) }.prefix { $0 != nil }
      .compactMap { $0.map { String(cString: $0) } }
  }

  @Test("the table has every file of the folder, byte for byte") func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(Self.names == files)
    for name in files {
      let asset = try #require(StudioAsset(name))
      #expect(Data(asset.bytes) == (try Data(contentsOf: Self.folder.appending(path: name))))
    }
  }

  @Test("a file beside the table has no name, whatever is asked for") func noPaths() async throws {
    for name in ["", ".", "..", "../studio.c", "/etc/passwd", "judge.js/", "JUDGE.JS", "judge"] {
      #expect(StudioAsset(name) == nil)
    }
    try await ServedStudio.run { served in
      for path in [
        "/assets/", "/assets/..", "/assets/../studio.c", "/assets/%2e%2e%2fstudio.c",
        "/assets/..%5cstudio.c", "/assets//etc/passwd", "/assets/judge.js%00", "/assets/judge.js/x",
        "/../../etc/passwd", "/assets/%00",
      ] {
        #expect(await served.send("GET", path).status == 404)
      }
      for (name, type) in [
        ("judge.js", "text/javascript"), ("studio.css", "text/css"), ("report.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
      ] {
        let answer = await served.send("GET", "/assets/\(name)")
        #expect(answer.status == 200)
        #expect(answer["content-type"] == "\(type); charset=utf-8")
      }
    }
  }

  @Test("no script makes markup of text, and no file loads anything from elsewhere") func inert()
    throws
  {
    let forbidden = [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(",
      "new Function", "createContextualFragment", "setHTML", "javascript:", "srcdoc", "<iframe",
      "@import", "url(",
    ]
    for name in Self.names {
      let text = String(
        decoding: try Data(contentsOf: Self.folder.appending(path: name)), as: UTF8.self)
      for word in forbidden { #expect(!text.contains(word), "\(word) in \(name)") }
      if name.hasSuffix(".html") {
        #expect(!text.contains(" style="), "a style in \(name)")
        #expect(!text.contains(#/ on[a-z]+=/#), "a handler in \(name)")
        #expect(!text.contains(#/(?:src|href)="(?!\/|#)/#), "a foreign address in \(name)")
        #expect(text.contains("<html lang=\"en\">"))
      }
      if name.hasSuffix(".js") || name.hasSuffix(".css") {
        let known = ["http://www.w3.org/2000/svg"]
        let addresses = text.matches(of: #/https?:\/\/[a-z][^'"\s)]*/#).map { String($0.0) }
        #expect(addresses.allSatisfy(known.contains), "\(addresses) in \(name)")
      }
    }
  }
}
