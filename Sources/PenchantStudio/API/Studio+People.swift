extension Studio {
  /// The annotator whose cookie this is; nil for anything else.
  ///
  /// Compares digests, so that time tells nothing about the cookie. Touches no disk.
  package func identify(cookie: String) -> Annotator? { registry.annotator(cookie: cookie) }

  /// Lets a browser in that followed a link.
  ///
  /// A link works once; the browser that followed it may follow it again. Following a newer link of the same
  /// annotator shuts out the browser that followed the older one.
  /// - Parameter cookie: what the browser sent, if anything.
  /// - Throws: `unknownLink`, `linkUsed`.
  package func join(token: String, cookie: String?) async throws(StudioError) -> Admission {
    let registry = registry
    let joined = try await store.committer.perform { db in
      try Admissions.join(db, token: token, cookie: cookie)
    } onCommit: { joined in
      if let digest = joined.digest { registry.admit(joined.admission.annotator, digest: digest) }
    }
    return joined.admission
  }

  /// A new link for the host, who is there from the beginning; older ones end.
  /// - Returns: the token that follows `/join/`.
  package func hostLink() async throws(StudioError) -> String {
    try await store.committer.perform { db in
      try Admissions.hostLink(db)
    }
  }

  /// A link for an annotator, who is created if the name is new; older links of that annotator end.
  /// - Returns: the token that follows `/join/`.
  /// - Throws: `malformedRequest` for a name that cannot be used.
  package func link(for name: String) async throws(StudioError) -> String {
    let name = try AnnotatorName(name)
    return try await store.committer.perform { db in
      try Admissions.link(db, name: name)
    }
  }
}
