"""Makes Tests/Fixtures/Architectures: a tiny random model of every architecture, and golden figures for it.

Each folder holds config.json (as Transformers writes it, or as published folders have it), model.safetensors with
random norms and biases as well as matrices, a LoRA adapter in PEFT's format, and golden.json:

  pairs       token ids of two prompts, each with two answers (`finals` says up to which length positions count)
  logits      the logits of the last row of the first answer, all of the vocabulary, and `spread`, their range
  logps       log-probs of every answer token, [pair][answer][token]
  loss        -log sigmoid(0.1 * (sum of the first answer - sum of the second)), mean over the pairs
  grad_norms  of every parameter of the model, full tuning, by name; grad_values: whole vectors, or a row of a matrix
  adapter     logps and loss with the adapter, grad_norms of every A and B, `steps`: losses of three AdamW steps at
              1e-2 (PyTorch, float64), and final_norms of A and B after them
  greedy      the tokens that follow the first prompt, one at a time, with the key-value cache

All in float64 from the weights as stored, the two answers of a pair in one padded batch, as TRL computes them (with
positions that depend on length it is the longer one that counts). The tokenizer of all is beside the folders: its 67
tokens are three specials and characters.

    python scripts/make_architecture_fixtures.py [NAME ...]
"""
import json
import os
import shutil
import sys
import types
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch.nn.functional import logsigmoid
from transformers import AutoConfig, AutoModelForCausalLM

import tiny_models as tiny

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "Architectures"
V = 67
LLAMA = dict(model_type="llama", vocab_size=V, hidden_size=24, intermediate_size=36, num_hidden_layers=2,
             num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=64,
             rms_norm_eps=1e-5, bos_token_id=None, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False)


def rope(**parameters):
    return dict(LLAMA, rope_parameters=dict(rope_theta=10000.0, **parameters))


def like(model_type, **changes):
    return {k: v for k, v in dict(LLAMA, model_type=model_type, **changes).items() if v is not ...}


# `old` is written into config.json in place of what Transformers 5 writes: the spelling of published folders.
SHAPES = {
    "llama3": dict(config=rope(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                               original_max_position_embeddings=16),
                   old=dict(rope_theta=10000.0, rope_scaling=dict(
                       rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                       original_max_position_embeddings=16))),
    "linear": dict(config=rope(rope_type="linear", factor=2.5),
                   old=dict(rope_theta=10000.0, rope_scaling=dict(type="linear", factor=2.5))),
    "dynamic": dict(config=dict(rope(rope_type="dynamic", factor=3.0), max_position_embeddings=16)),
    "yarn": dict(config=dict(rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16),
                             model_type="qwen2", num_key_value_heads=1)),
    "yarn-magnitudes": dict(config=rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=12,
                                        beta_fast=16.0, beta_slow=2.0, mscale=0.7, mscale_all_dim=0.3,
                                        truncate=False)),
    "qwen2-window": dict(config=like("qwen2", head_dim=..., num_hidden_layers=3, use_sliding_window=True,
                                     sliding_window=5, max_window_layers=1)),
    "qwen3": dict(config=like("qwen3", head_dim=10, attention_bias=True)),
    "qwen3-plain": dict(config=like("qwen3", num_key_value_heads=1, tie_word_embeddings=True, use_sliding_window=True,
                                    sliding_window=4,
                                    layer_types=["sliding_attention", "full_attention"])),
    "smollm3": dict(config=like("smollm3", head_dim=..., num_hidden_layers=4, no_rope_layer_interval=2,
                                tie_word_embeddings=True)),
    "mistral": dict(config=like("mistral", head_dim=10, sliding_window=6)),
    "olmo2": dict(config=like("olmo2", head_dim=...)),
    "granite": dict(config=like("granite", head_dim=..., embedding_multiplier=3.0, attention_multiplier=0.2,
                                residual_multiplier=0.4, logits_scaling=1.7, attention_bias=True, mlp_bias=True,
                                attention_dropout=0.1)),
    "phi3": dict(config=like("phi3", head_dim=..., original_max_position_embeddings=14, rope_parameters=dict(
        rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=1.0, short_factor=[1.0, 1.1, 1.2],
        long_factor=[1.0, 2.0, 5.0])), old=dict(
            rope_theta=10000.0, original_max_position_embeddings=14, rope_scaling=dict(
                type="longrope", short_factor=[1.0, 1.1, 1.2], long_factor=[1.0, 2.0, 5.0]), auto_map={"AutoConfig": "x"})),
    "phi4-mini": dict(config=like("phi3", head_dim=..., hidden_size=32, tie_word_embeddings=True, sliding_window=9,
                                  rope_parameters=dict(rope_type="default", rope_theta=10000.0,
                                                       partial_rotary_factor=0.75))),
    "gemma": dict(config=like("gemma", num_key_value_heads=1, hidden_act="gelu", tie_word_embeddings=True)),
    "gemma2": dict(config=like("gemma2", num_hidden_layers=3, query_pre_attn_scalar=12, sliding_window=5,
                               attn_logit_softcapping=1.5, final_logit_softcapping=3.0, tie_word_embeddings=True,
                               hidden_activation="gelu_pytorch_tanh"),
                   old=dict(rope_theta=10000.0, cache_implementation="hybrid", hidden_act="gelu_pytorch_tanh")),
    "gemma3": dict(config=like("gemma3_text", num_hidden_layers=4, query_pre_attn_scalar=12, sliding_window=5,
                               sliding_window_pattern=3, tie_word_embeddings=True, rope_parameters=dict(
                                   full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0),
                                   sliding_attention=dict(rope_type="default", rope_theta=10000.0))),
                   old=dict(rope_theta=1000000.0, rope_local_base_freq=10000.0, sliding_window_pattern=3,
                            rope_scaling=dict(rope_type="linear", factor=8.0))),
    "gemma3-capped": dict(config=like("gemma3_text", query_pre_attn_scalar=8, sliding_window=5, attention_bias=True,
                                      layer_types=["full_attention", "sliding_attention"],
                                      final_logit_softcapping=4.0, tie_word_embeddings=True)),
    "gpt2": dict(config=dict(model_type="gpt2", vocab_size=V, n_positions=48, n_embd=24, n_layer=2, n_head=4,
                             bos_token_id=2, eos_token_id=2)),
    "gpt2-variant": dict(config=dict(model_type="gpt2", vocab_size=V, n_positions=48, n_embd=20, n_layer=2, n_head=4,
                                     n_inner=36, activation_function="gelu", scale_attn_by_inverse_layer_idx=True,
                                     tie_word_embeddings=False, bos_token_id=2, eos_token_id=2), bare=True),
    # The language part of a model that sees images: nested configuration, names under language_model.
    "gemma3-images": dict(config=dict(
        model_type="gemma3", mm_tokens_per_image=4, image_token_index=66, boi_token_index=64, eoi_token_index=65,
        vision_config=dict(model_type="siglip_vision_model", hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                           num_attention_heads=1, image_size=28, patch_size=14),
        text_config=like("gemma3_text", num_hidden_layers=3, query_pre_attn_scalar=12, sliding_window=5,
                         tie_word_embeddings=True, layer_types=["sliding_attention", "full_attention",
                                                                "sliding_attention"])), published=True),
}
# Prompts of 9 and 5 tokens with answers of 1…12: sequences of 8 to 21 tokens, on both sides of 12, 14 and 16.
PAIRS = [
    dict(prompt=[5, 33, 12, 60, 7, 19, 45, 3, 28], answers=[[44, 10, 9, 51, 23, 8, 14, 62, 31, 6, 11, 2], [40, 17, 2]]),
    dict(prompt=[50, 4, 21, 36, 13], answers=[[29, 30, 2], [18]]),
]


def number(value):
    value = value.item() if isinstance(value, torch.Tensor) else value
    return float(f"{value:.10g}")


def numbers(values):
    return [number(value) for value in values]


def exact(model):
    """Computes norms, positions, softmax and activations in the weights' own float64 (Transformers goes through float32)."""
    for module in model.modules():
        kind = type(module).__name__
        if kind.endswith("RMSNorm"):
            module.forward = types.MethodType(gemma_norm if "Gemma" in kind else plain_norm, module)
        elif kind.endswith("RotaryEmbedding"):
            module.forward = types.MethodType(exact_rotary(type(module).forward), module)
        elif kind.endswith("ScaledWordEmbedding"):
            module.embed_scale = torch.tensor(module.scalar_embed_scale, dtype=torch.float64)
    # Eager attention takes its softmax in float32.
    softmax = torch.nn.functional.softmax
    torch.nn.functional.softmax = lambda x, dim=None, dtype=None, **rest: softmax(x, dim=dim)
    return model


def plain_norm(self, x):
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


def gemma_norm(self, x):
    return (1 + self.weight) * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


def exact_rotary(original):
    """The module's own frequencies (float32, as every implementation rounds them), angles in float64."""

    def forward(self, hidden, position_ids, *layer_type):
        original(self, hidden, position_ids, *layer_type)  # brings frequencies up to date with the length
        prefix = f"{layer_type[0]}_" if layer_type else ""
        angles = position_ids[..., None].double() * getattr(self, f"{prefix}inv_freq").float().double()
        angles = torch.cat((angles, angles), dim=-1)
        scale = getattr(self, f"{prefix}attention_scaling")
        return angles.cos() * scale, angles.sin() * scale

    return forward


def load(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    inverse = {name: value.clone() for name, value in model.named_buffers() if "inv_freq" in name}
    model = model.double().eval()
    for name, value in inverse.items():
        model.get_submodule(name.rpartition(".")[0]).register_buffer(name.rpartition(".")[2], value, persistent=False)
    return exact(model)


def log_probs(model, pair):
    """Log-probs of each answer's tokens, both answers in one batch padded on the right."""
    rows = [pair["prompt"] + answer for answer in pair["answers"]]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    positions = torch.arange(longest)[None].expand(2, -1)
    logits = model(ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    start = len(pair["prompt"])
    out = []
    for row, answer in enumerate(pair["answers"]):
        part = torch.log_softmax(logits[row, start - 1 : start - 1 + len(answer)], -1)
        out.append(part.gather(1, torch.tensor(answer)[:, None])[:, 0])
    last = len(pair["answers"][0])
    return out, logits[0, start + last - 1]


def loss_of(model):
    losses = []
    for pair in PAIRS:
        (first, second), _ = log_probs(model, pair)
        losses.append(-logsigmoid(0.1 * (first.sum() - second.sum())))
    return torch.stack(losses).mean()


def norms(named):
    return {name: number(weight.grad.norm()) for name, weight in named}


@torch.no_grad()
def greedy(model):
    """Six tokens after the first prompt; the ids alone, from whole passes (no cache to disagree with)."""
    ids = list(PAIRS[0]["prompt"])
    made, gap = [], float("inf")
    for _ in range(6):
        # All six are known to come, as the positions of some models depend on the final length.
        row = torch.tensor([ids + [0] * (len(PAIRS[0]["prompt"]) + 6 - len(ids))])
        logits = model(row, attention_mask=(torch.arange(row.shape[1]) < len(ids)).long()[None],
                       position_ids=torch.arange(row.shape[1])[None], use_cache=False).logits[0, len(ids) - 1]
        top = logits.topk(2).values
        gap = min(gap, (top[0] - top[1]).item())
        made.append(int(logits.argmax()))
        ids.append(made[-1])
    return {"tokens": made, "smallest_gap": number(gap)}


def make(name, seed):
    shape = SHAPES[name]
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**shape["config"]), attn_implementation="eager")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 2:
                weight.copy_(noise * (0.25 if "gemma" not in name else 0.2))
            else:
                gain = ("norm" in key or ".ln_" in key) and key.endswith("weight")
                weight.copy_(noise * 0.1 + (1 if gain and "gemma" not in name else 0))
    model.config.dtype = "float32"
    tiny.write_model(model, folder)
    config = json.loads((folder / "config.json").read_text())
    if "old" in shape:
        for key in ("rope_parameters", "dtype", "layer_types", "_sliding_window_pattern"):
            config.pop(key, None)
        config.update(shape["old"], torch_dtype="float32", transformers_version="4.51.0")
    config.pop("id2label", None), config.pop("label2id", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    if shape.get("bare"):  # as the first GPT-2 folders: no root in the names, and the mask as a tensor
        from safetensors.torch import load_file, save_file
        tensors = {key.removeprefix("transformer."): value
                   for key, value in load_file(folder / "model.safetensors").items()}
        tensors["h.0.attn.bias"] = torch.ones(1, 1, 4, 4)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if shape.get("published"):  # the order of the first release, which is that of folders on the hub
        from safetensors.torch import load_file, save_file
        tensors = {}
        for key, value in load_file(folder / "model.safetensors").items():
            key = key.removeprefix("model.")
            tensors[key.replace("language_model.", "language_model.model.", 1)] = value
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    make_adapter(folder, seed)
    write_golden(folder)


def make_adapter(folder, seed):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    # Of a model that sees images the language part alone: PEFT takes a text for a regular expression.
    targets = "all-linear" if model.config.model_type != "gemma3" else (
        r".*\.language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)")
    lora = LoraConfig(r=3, lora_alpha=6, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=targets)
    model = get_peft_model(model, lora)
    generator = torch.Generator().manual_seed(seed + 100)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "lora_" in key:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.1)
    model.peft_config["default"].base_model_name_or_path = folder.name
    target = folder / "adapter"
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    config = json.loads((target / "adapter_config.json").read_text())
    if isinstance(config["target_modules"], str):  # as folders have it: names, which parts for images have too
        config["target_modules"] = targets.partition(")$")[0].partition("\\.(")[2].rstrip(")").split("|")
    config["target_modules"] = sorted(config["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_golden(folder):
    model = load(folder)
    with torch.no_grad():
        found = [log_probs(model, pair) for pair in PAIRS]
    logits = found[0][1]
    out = {
        "pairs": PAIRS, "logits": numbers(logits), "spread": number(logits.max() - logits.min()),
        "logps": [[numbers(part) for part in parts] for parts, _ in found],
    }
    loss = loss_of(model)
    loss.backward()
    named = [(key, weight) for key, weight in model.named_parameters() if weight.grad is not None]
    out["loss"], out["grad_norms"], out["grad_values"] = number(loss), norms(named), []
    for key, weight in named:
        row = None if weight.dim() == 1 else 5
        if row is None or "layers.1." in key or ".h.1." in key or "embed" in key or "wte" in key or "wpe" in key:
            values = weight.grad if row is None else weight.grad[row]
            out["grad_values"].append({"tensor": key, "row": row, "values": numbers(values)})
    out["greedy"] = greedy(model)
    out["adapter"] = golden_adapter(folder)
    (folder / "golden.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(f"{folder.name}: loss {out['loss']:.6f}, spread {out['spread']:.2f}, gap {out['greedy']['smallest_gap']:.3f}")


def golden_adapter(folder):
    model = PeftModel.from_pretrained(load(folder), folder / "adapter", is_trainable=True).double().eval()
    with torch.no_grad():
        logps = [[numbers(part) for part in log_probs(model, pair)[0]] for pair in PAIRS]
    trained = [(key.replace(".default", ""), w) for key, w in model.named_parameters()
               if w.requires_grad and "vision_tower" not in key]
    optimizer = torch.optim.AdamW([w for _, w in trained], lr=1e-2, weight_decay=0.0)
    steps, first = [], None
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        steps.append(number(loss))
        first = first or norms(trained)
        optimizer.step()
    return {"logps": logps, "grad_norms": first, "steps": steps,
            "final_norms": {key: number(w.detach().norm()) for key, w in trained}}


def write_tokenizer():
    characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,?!'-0123ĠĊ"
    vocabulary = {token: index for index, token in enumerate([*tiny.SPECIALS, *characters])}
    assert len(vocabulary) == V
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(tiny.SPECIALS)
    tiny.write_tokenizer(tokenizer, ROOT, length=48)


def main():
    torch.set_num_threads(1)
    names = sys.argv[1:] or list(SHAPES)
    ROOT.mkdir(parents=True, exist_ok=True)
    write_tokenizer()
    for name in names:
        make(name, seed=1 + list(SHAPES).index(name))


if __name__ == "__main__":
    main()
