#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension CoreError {
  package var category: FailureCategory {
    switch code {
    case .writeFailed, .diskFull: .runtime
    default: .input
    }
  }

  package var identifier: String {
    switch code {
    case .fileNotFound: "file-not-found"
    case .isDirectory: "is-directory"
    case .notDirectory: "not-directory"
    case .notRegularFile: "not-regular-file"
    case .readFailed: "read-failed"
    case .fileTooLarge: "file-too-large"
    case .lineTooLong: "line-too-long"
    case .damagedArchive: "damaged-archive"
    case .expandsTooFar: "expands-too-far"
    case .fileChanged: "file-changed"
    case .invalidJSON: "invalid-json"
    case .alreadyExists: "already-exists"
    case .foreignFolder: "foreign-folder"
    case .noFolder: "no-folder"
    case .notWritable: "not-writable"
    case .writeFailed: "write-failed"
    case .diskFull: "disk-full"
    }
  }

  package var message: String {
    switch code {
    case .fileNotFound(let path): "\(path) does not exist"
    case .isDirectory(let path): "\(path) is a folder, not a file"
    case .notDirectory(let path): "\(path) is not a folder"
    case .notRegularFile(let path): "\(path) is not an ordinary file"
    case .readFailed(let path, let number): "cannot read \(path): \(Self.systemText(number))"
    case .fileTooLarge(let path, let bytes, let limit):
      "\(path) has \(bytes) bytes; a file of its kind has at most \(limit)"
    case .lineTooLong(let path, let line, let limit):
      "\(path):\(line) is longer than \(limit) bytes"
    case .damagedArchive(let path, let problem): "cannot decompress \(path): \(problem)"
    case .expandsTooFar(let path, let ratio):
      "\(path) grows to more than \(ratio) times its size when it is decompressed"
    case .fileChanged(let path): "\(path) was changed while it was in use"
    case .invalidJSON(let path, let line, let column, let cause):
      "\(path):\(line):\(column) is not JSON: \(cause.phrase)"
    case .alreadyExists(let path): "\(path) exists already"
    case .foreignFolder(let path, let kind):
      switch kind {
      case .run: "\(path) is there already and is no run's folder"
      case .sweep: "\(path) is there already and is no sweep's folder"
      case .audit: "\(path) is there already and holds what no audit wrote"
      case .demonstration: "\(path) is there already and is no demonstration's folder"
      }
    case .noFolder(let path): "there is no folder \(path)"
    case .notWritable(let path, let number):
      "nothing can be written into \(path): \(Self.systemText(number))"
    case .writeFailed(let path, let number): "cannot write \(path): \(Self.systemText(number))"
    case .diskFull(let path): "no space left on the disk while writing \(path)"
    }
  }

  package var remedy: String? {
    switch code {
    case .alreadyExists: "choose another place, or pass --overwrite"
    case .foreignFolder: "nothing there was touched; name another --output"
    case .noFolder: "make it first, or choose another place"
    case .notWritable: "choose another place"
    case .diskFull: "free some space and start again; what was there before is untouched"
    case .damagedArchive: "fetch or write the file again"
    case .expandsTooFar:
      "text does not compress like that; decompress it yourself if it is meant to"
    case .fileChanged: "leave data files alone while a command reads them"
    case .lineTooLong: "each line must hold one JSON value"
    default: nil
    }
  }

  /// The system's own words for an error number.
  package static func systemText(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}
