extension FileSystem {
  /// `name` inside the directory `path`; `name` alone if it is absolute.
  package static func join(_ path: String, _ name: String) -> String {
    if name.hasPrefix("/") || path.isEmpty { return name }
    return path.hasSuffix("/") ? path + name : path + "/" + name
  }

  /// The directory that holds `path`: `/a` for `/a/b`, `.` for `b`, `/` for `/`.
  package static func parent(of path: String) -> String {
    let trimmed = withoutTrailingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    let above = withoutTrailingSlashes(String(trimmed[..<slash]))
    return above.isEmpty ? "/" : above
  }

  /// The last part of a path: `b` for `/a/b` and for `/a/b/`.
  package static func name(of path: String) -> String {
    let trimmed = withoutTrailingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/"), trimmed != "/" else { return trimmed }
    return String(trimmed[trimmed.index(after: slash)...])
  }

  private static func withoutTrailingSlashes(_ path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    return String(trimmed)
  }
}
