/// What the modules of a decoder are called in checkpoints, and which of them it has.
///
/// Paths are those of Transformers, so that adapters have PEFT's names. A place or kind without a name is one the
/// decoder does not have.
package struct CheckpointNames: Sendable, Equatable {
  /// Path of the model below its head: `model.`.
  var root = "model."
  /// Other roots that files are known to have.
  var otherRoots: [String] = []
  var embedding = "embed_tokens"
  /// The table of learned positions.
  var positions: String?
  var blocks = "layers"
  var finalNorm = "norm"
  var head = "lm_head"
  /// Other names of the head that files are known to have.
  var otherHeads: [String] = []
  /// Within a block.
  var linears: [LinearKind: String] = [
    .query: "self_attn.q_proj", .key: "self_attn.k_proj", .value: "self_attn.v_proj",
    .output: "self_attn.o_proj", .gate: "mlp.gate_proj", .up: "mlp.up_proj",
    .down: "mlp.down_proj",
  ]
  /// Within a block.
  var norms: [NormPlace: String] = [
    .attentionInput: "input_layernorm", .feedForwardInput: "post_attention_layernorm",
  ]
  /// Ends of names that files hold and no computation needs: tables that can be made again.
  var withoutEffect = [".rotary_emb.inv_freq"]
  /// Beginnings of names that belong to other parts of the model.
  var otherParts: [String] = []

  package init() {}

  /// Llama and what follows it.
  package static let llama = CheckpointNames()

  /// Phi-3: one matrix for query, key and value, one for gate and up.
  static var phi3: CheckpointNames {
    var names = CheckpointNames()
    names.linears = [
      .queryKeyValue: "self_attn.qkv_proj", .output: "self_attn.o_proj",
      .gateUp: "mlp.gate_up_proj", .down: "mlp.down_proj",
    ]
    return names
  }

  static var gpt2: CheckpointNames {
    var names = CheckpointNames()
    names.root = "transformer."
    // The first published folders have no root.
    names.otherRoots = [""]
    (names.embedding, names.positions) = ("wte", "wpe")
    (names.blocks, names.finalNorm) = ("h", "ln_f")
    names.linears = [
      .queryKeyValue: "attn.c_attn", .output: "attn.c_proj", .up: "mlp.c_fc",
      .down: "mlp.c_proj",
    ]
    names.norms = [.attentionInput: "ln_1", .feedForwardInput: "ln_2"]
    names.withoutEffect = [".attn.bias", ".attn.masked_bias"]
    return names
  }

  /// The same names within a model that has parts for images beside the language model.
  var asLanguagePart: CheckpointNames {
    var names = self
    // Files keep the order of the first release: language_model.model.
    names.root = "model.language_model."
    names.otherRoots = ["language_model.model."]
    names.otherHeads = ["language_model.lm_head"]
    names.otherParts = ["vision_tower.", "multi_modal_projector."].flatMap { [$0, "model." + $0] }
    return names
  }

  func block(_ layer: Int) -> String { "\(root)\(blocks).\(layer)." }

  /// A linear layer's path: `model.layers.0.self_attn.q_proj`.
  func path(of kind: LinearKind, layer: Int) -> String {
    guard let name = linears[kind] else { preconditionFailure("CheckpointNames: no \(kind)") }
    return block(layer) + name
  }

  func path(of place: NormPlace, layer: Int) -> String {
    guard let name = norms[place] else { preconditionFailure("CheckpointNames: no norm \(place)") }
    return block(layer) + name
  }

  /// The shortest end of a kind's path that no other kind's has: `q_proj`, but `attn.c_proj`.
  func target(_ kind: LinearKind) -> String {
    guard let name = linears[kind] else { preconditionFailure("CheckpointNames: no \(kind)") }
    guard let short = name.split(separator: ".").last.map(String.init) else { return name }
    return kinds(named: short).count == 1 ? short : name
  }

  /// The kinds whose paths end in a name, as PEFT matches `target_modules`.
  package func kinds(named name: String) -> [LinearKind] {
    LinearKind.allCases.filter {
      linears[$0].map { $0 == name || $0.hasSuffix("." + name) } ?? false
    }
  }
}
