package import PenchantCore

/// Why something could not be fetched from a hub.
package struct HubError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    /// What is written is no repository's name, or no revision's.
    case notAName(String)
    case notARevision(String)
    /// `HF_HUB_OFFLINE` is set.
    case offline
    /// The address of the hub cannot be used.
    case badEndpoint(String)
    /// There is no such repository, or it cannot be seen.
    case notFound(name: String, revision: String, hasToken: Bool)
    /// The hub wants to know who asks, or has not given leave.
    case forbidden(name: String, hasToken: Bool)
    /// The server answered something else than it should.
    case status(Int, address: String)
    /// What the server sent is not what it should be; `problem` completes "…: ".
    case badAnswer(address: String, problem: String)
    /// The network failed; `problem` is the system's sentence.
    case network(address: String, problem: String)
    /// The server names a file that could lead out of the folder.
    case unsafeFileName
    /// The repository has no file that is read here.
    case nothingUsable(name: String)
    /// A model without weights in safetensors.
    case noSafetensors(name: String)
    /// What arrived is not what was announced.
    case wrongDigest(file: String, expected: String)
    /// The disk has no room.
    case noRoom(path: String, needed: Int, free: Int)
    /// Reading or writing the cache failed.
    case files(CoreError)
    case cancelled
  }

  package let code: Code
  package init(_ code: Code) { self.code = code }
}
