import PenchantCore
import PenchantText
import Testing

@Suite("TokenizerConfiguration") struct TokenizerConfigurationTests {
  @Test("reads tokens written as strings or as objects")
  func tokens() throws {
    let configuration = try TokenizerConfiguration(json: [
      "bos_token": "<s>", "eos_token": ["content": "</s>", "special": true], "pad_token": nil,
      "add_bos_token": true, "model_max_length": 2048,
    ])
    #expect(configuration.bosToken == "<s>")
    #expect(configuration.eosToken == "</s>")
    #expect(configuration.padToken == nil && configuration.unkToken == nil)
    #expect(configuration.addsBOS == true && configuration.addsEOS == nil)
    #expect(configuration.modelMaxLength == 2048)
    #expect(configuration.chatTemplates.isEmpty && configuration.defaultChatTemplate == nil)
  }

  @Test("takes an absurd length for unknown")
  func maximumLength() throws {
    let json = try JSON.parse(#"{"model_max_length": 1000000000000000019884624838656}"#)
    #expect(try TokenizerConfiguration(json: json).modelMaxLength == nil)
  }

  @Test("reads one template or several by name")
  func templates() throws {
    let single = try TokenizerConfiguration(json: ["chat_template": "T"])
    #expect(single.defaultChatTemplate == "T")
    let several = try TokenizerConfiguration(json: [
      "chat_template": [
        ["name": "default", "template": "T"], ["name": "tool_use", "template": "U"],
      ]
    ])
    #expect(several.defaultChatTemplate == "T")
    #expect(several.chatTemplate(named: "tool_use") == "U")
    #expect(several.chatTemplate(named: "rag") == nil)
  }

  @Test("prefers the template of its own file")
  func templateFile() throws {
    let json: JSON = [
      "chat_template": [["name": "default", "template": "T"], ["name": "rag", "template": "R"]]
    ]
    let configuration = try TokenizerConfiguration(json: json, templateFile: "F")
    #expect(configuration.defaultChatTemplate == "F")
    #expect(configuration.chatTemplate(named: "rag") == "R")
    #expect(try TokenizerConfiguration(json: [:], templateFile: "F").defaultChatTemplate == "F")
  }

  @Test("names members of the wrong type")
  func wrongTypes() {
    func code(_ json: JSON) -> TextError.Code? {
      do throws(TextError) {
        _ = try TokenizerConfiguration(json: json)
        return nil
      } catch { return error.code }
    }
    #expect(
      code(["bos_token": 1])
        == .wrongType(path: "bos_token", expected: "a string", found: "number"))
    #expect(code(["eos_token": [:]]) == .missingField(path: "eos_token.content"))
    #expect(
      code(["chat_template": 1])
        == .wrongType(path: "chat_template", expected: "a string or an array", found: "number"))
    #expect(
      code(["chat_template": [["name": "x"]]]) == .missingField(path: "chat_template[0].template"))
    #expect(code([]) == .wrongType(path: "file", expected: "an object", found: "array"))
  }
}
