import GRDB

extension StudioError {
  /// What an error of SQLite means; one of ours is passed on.
  ///
  /// Statements and their values stay out of it.
  init(_ error: any Error, path: String) {
    if let own = error as? StudioError {
      self = own
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(.database(code: -1))
      return
    }
    if error.meansFullDisk {
      self.init(.diskFull)
      return
    }
    switch error.resultCode {
    case .SQLITE_NOTADB: self.init(.notAStore(path: path))
    case .SQLITE_CORRUPT: self.init(.damaged(path: path, problem: "a page is malformed"))
    // A call after the connection was closed.
    case .SQLITE_MISUSE: self.init(.closed)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.inUse(path: path, process: nil))
    default: self.init(.database(code: Int(error.extendedResultCode.rawValue)))
    }
  }
}

extension DatabaseError {
  /// Whether there is no room: a full disk, a quota, a limit on the size of files.
  var meansFullDisk: Bool {
    switch extendedResultCode {
    case .SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_TRUNCATE: true
    default: resultCode == .SQLITE_FULL
    }
  }

  /// Whether everything that shares the transaction has failed, not one piece of work alone.
  var endsTransaction: Bool {
    switch resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_CORRUPT, .SQLITE_READONLY,
      .SQLITE_CANTOPEN, .SQLITE_BUSY:
      true
    default: false
    }
  }
}
