import PenchantCore
import PenchantFormats
import Testing

@Suite("FolderRole")
struct FolderRoleTests {
  private func text(_ role: FolderRole, _ folder: String) -> String? {
    do throws(FormatsError) { try role.check(folder) } catch {
      #expect(error.category == .input && error.identifier == "other-folder")
      return "\(error)"
    }
    return nil
  }

  @Test func namesTheFolderThatIsMeant() throws {
    let folder = try TemporaryFolder()
    for name in ["tuned/adapter", "full/model", "both/adapter", "both/model", "none"] {
      try FileSystem.createDirectories(folder(name))
    }
    for name in ["tuned/adapter", "both/adapter"] {
      try folder.write(name + "/adapter_config.json", "{}")
    }
    for name in ["full/model", "both/model"] { try folder.write(name + "/config.json", "{}") }
    let (tuned, full) = (folder("tuned"), folder("full"))
    #expect(
      text(.adapter, tuned)
        == "\(tuned) is not an adapter, but holds one\n  name \(tuned)/adapter")
    #expect(
      text(.model, full) == "\(full) is not a model, but holds one\n  name \(full)/model")
    #expect(
      text(.model, tuned + "/adapter")
        == "\(tuned)/adapter is an adapter, not a model\n"
        + "  name the model it was trained on, and \(tuned)/adapter as the adapter")
    #expect(
      text(.model, tuned)
        == "\(tuned) is not a model, but holds an adapter\n"
        + "  name the model it was trained on, and \(tuned)/adapter as the adapter")
    #expect(
      text(.adapter, full + "/model")
        == "\(full)/model is a model, not an adapter\n"
        + "  name a folder that holds adapter_config.json")
    #expect(text(.model, folder("both"))?.hasSuffix("name \(folder("both"))/model") == true)
    #expect(text(.adapter, folder("both"))?.hasSuffix("name \(folder("both"))/adapter") == true)
    // Nothing to name: reading says which file is missing.
    #expect(text(.model, folder("none")) == nil)
    #expect(text(.adapter, folder("gone")) == nil)
    #expect(throws: FormatsError.self) { try AdapterConfiguration(folder: tuned) }
    #expect(throws: FormatsError.self) { try ModelConfiguration(folder: full) }
  }
}
