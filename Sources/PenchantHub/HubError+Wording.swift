package import PenchantCore

extension HubError {
  package var category: FailureCategory {
    switch code {
    case .files(let error): error.category
    case .status, .badAnswer, .network, .wrongDigest, .noRoom, .cancelled: .runtime
    case .notAName, .notARevision, .offline, .badEndpoint: .usage
    default: .input
    }
  }

  package var identifier: String {
    switch code {
    case .notAName: "hub-not-a-name"
    case .notARevision: "hub-not-a-revision"
    case .offline: "hub-offline"
    case .badEndpoint: "hub-bad-endpoint"
    case .notFound: "hub-not-found"
    case .forbidden: "hub-forbidden"
    case .status: "hub-status"
    case .badAnswer: "hub-bad-answer"
    case .network: "hub-network"
    case .unsafeFileName: "hub-unsafe-file-name"
    case .nothingUsable: "hub-nothing-usable"
    case .noSafetensors: "hub-no-safetensors"
    case .wrongDigest: "hub-wrong-digest"
    case .noRoom: "hub-no-room"
    case .files(let error): error.identifier
    case .cancelled: "hub-cancelled"
    }
  }

  package var message: String {
    switch code {
    case .notAName(let text): "'\(text)' is not the name of a repository, OWNER/NAME"
    case .notARevision(let text): "'\(text)' is not a branch, tag or commit"
    case .offline: "HF_HUB_OFFLINE is set, so nothing is fetched"
    case .badEndpoint(let text): "HF_ENDPOINT is not an address: \(text)"
    case .notFound(let name, let revision, _): "the hub has no \(name) at revision \(revision)"
    case .forbidden(let name, _): "the hub does not give \(name) to you"
    case .status(let number, let address): "\(address) answered with status \(number)"
    case .badAnswer(let address, let problem): "\(address): \(problem)"
    case .network(let address, let problem): "\(address) cannot be reached: \(problem)"
    case .unsafeFileName:
      "the hub lists a file whose name could lead out of its folder; nothing was fetched"
    case .nothingUsable(let name): "\(name) has no file that is read here"
    case .noSafetensors(let name): "\(name) has no weights in safetensors"
    case .wrongDigest(let file, let expected): "\(file) did not arrive as announced (\(expected))"
    case .noRoom(let path, let needed, let free):
      "\(path) has room for \(free) bytes, and \(needed) are to come"
    case .files(let error): error.message
    case .cancelled: "stopped"
    }
  }

  package var remedy: String? {
    switch code {
    case .notFound(_, _, false): "if it is private, set HF_TOKEN"
    case .forbidden(_, false): "accept its terms on the hub if it has any, and set HF_TOKEN"
    case .forbidden(_, true): "accept its terms on the hub, or use a token that may read it"
    case .network, .status: "try again: what has arrived is kept and continued"
    case .nothingUsable: "safetensors, JSON, JSONL, CSV, TSV and Parquet are read"
    case .noSafetensors: "pickled weights (.bin, .pt) are not read: loading them runs code"
    case .wrongDigest: "it was removed; try again"
    case .files(let error): error.remedy
    default: nil
    }
  }
}
