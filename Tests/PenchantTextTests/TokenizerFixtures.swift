import PenchantCore
import PenchantText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that the tokenizer tests read.
enum TokenizerFixtures {
  private static let root: String = {
    // <root>/Tests/PenchantTextTests/TokenizerFixtures.swift
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/")
  }()

  /// A fixture as JSON; traps when it is missing, since it is committed.
  static func load(_ name: String) throws -> JSON {
    guard let bytes = read("\(root)/Tests/Fixtures/Text/\(name)") else { throw Missing(name: name) }
    return try JSON.parse(bytes)
  }

  struct Missing: Error {
    let name: String
  }

  /// A file of the optional data folder beside the package; nil when it is absent.
  static func shared(_ path: String) throws -> JSON? {
    guard let bytes = read("\(root)/../shared/data/\(path)") else { return nil }
    return try JSON.parse(bytes)
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes += chunk[..<count]
    }
    return bytes
  }
}

extension JSON {
  /// The elements of an array of whole numbers.
  var ids: [Int32] { (array ?? []).compactMap { $0.int.map { Int32($0) } } }

  /// The object with some members set; nil removes one.
  func setting(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    var object = object ?? JSONObject()
    for (key, value) in members { object[key] = value }
    return .object(object)
  }
}

/// A small tokenizer to bend: the bytes, `ab`, `abc` and an end token.
enum TinyTokenizer {
  static let alphabet: [String] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      if (0x21...0x7e).contains(byte) || (byte >= 0xa1 && byte != 0xad) {
        return Unicode.Scalar(byte).map { String(Character($0)) } ?? ""
      }
      defer { next += 1 }
      return Unicode.Scalar(next).map { String(Character($0)) } ?? ""
    }
  }()

  static let vocabulary: JSON = {
    var members = JSONObject()
    for (byte, token) in alphabet.enumerated() { members[token] = JSON(integerLiteral: byte) }
    members["ab"] = 256
    members["abc"] = 257
    return .object(members)
  }()

  static let byteLevel: JSON = [
    "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
  ]

  static let model: JSON = [
    "type": "BPE", "vocab": vocabulary, "merges": [["a", "b"], ["ab", "c"]],
  ]

  static let endToken: JSON = ["id": 258, "content": "<|end|>", "special": true]

  /// The file, with members replaced.
  static func file(_ changes: KeyValuePairs<String, JSON?> = [:]) -> JSON {
    let file: JSON = [
      "version": "1.0", "added_tokens": [endToken], "pre_tokenizer": byteLevel, "model": model,
      "decoder": ["type": "ByteLevel"],
    ]
    return file.setting(changes)
  }

  /// The file with members of its model replaced.
  static func file(model changes: KeyValuePairs<String, JSON?>) -> JSON {
    file(["model": model.setting(changes)])
  }

  /// A pre-tokenizer that splits by a pattern.
  static func splitting(_ component: JSON) -> JSON {
    let last = byteLevel.setting(["use_regex": false])
    return ["type": "Sequence", "pretokenizers": [component, last]]
  }

  /// What reading a file fails with; nil when it succeeds.
  static func failure(_ file: JSON) -> TextError? {
    do throws(TextError) {
      _ = try Tokenizer(json: file)
      return nil
    } catch { return error }
  }
}
