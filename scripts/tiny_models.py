"""What the fixture scripts share: a tiny byte-level BPE tokenizer, tiny random models, and TRL's tokenisation of a pair."""
import json
import types
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]  # ids 0, 1, 2
END_OF_TEXT, _, END_OF_TURN = SPECIALS
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train_tokenizer(texts, vocabulary):
    """A GPT-2 style byte-level BPE tokenizer of exactly `vocabulary` entries: specials, 256 bytes, merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != vocabulary:
        raise SystemExit(f"the text yields {tokenizer.get_vocab_size()} entries, not {vocabulary}")
    return tokenizer


def write_tokenizer(tokenizer, folder, bos=None, length=512):
    """Writes tokenizer.json and tokenizer_config.json; `bos` is put before every plain text (not chat text)."""
    saved = json.loads(tokenizer.to_str())
    if bos is not None:
        start = processors.TemplateProcessing(
            single=f"{bos} $A",
            pair=f"{bos} $A {bos}:1 $B:1",
            special_tokens=[(bos, tokenizer.token_to_id(bos))],
        )
        both = processors.Sequence([processors.ByteLevel(trim_offsets=False), start])
        tokenizer = Tokenizer.from_str(tokenizer.to_str())
        tokenizer.post_processor = both
        saved = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(saved, ensure_ascii=False) + "\n")
    config = {
        "add_prefix_space": False,
        "bos_token": bos,
        "chat_template": CHATML,
        "clean_up_tokenization_spaces": False,
        "eos_token": END_OF_TURN,
        "model_max_length": length,
        "pad_token": END_OF_TEXT,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": None,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def random_model(config, seed, std):
    """A model whose every tensor matters: matrices N(0, std), gains 1 + N(0, 0.1), biases N(0, 0.1)."""
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config), attn_implementation="eager")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 2:
                weight.copy_(noise * std)
            else:
                weight.copy_(noise * 0.1 + (1 if "norm" in name else 0))
    return model


def write_model(model, folder, config=None, shards=1):
    """Writes config.json and the weights, in `shards` files; `config` replaces the one Transformers writes."""
    if config is None:
        model.config.architectures = [type(model).__name__]
        model.config.save_pretrained(folder)
    else:
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names, index = list(tensors), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        part = names[len(names) * shard // shards : len(names) * (shard + 1) // shards]
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        index.update({name: file for name in part})
    total = sum(value.numel() * value.element_size() for value in tensors.values())
    whole = {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(whole, indent=2) + "\n")


def load(folder, dtype=torch.float64):
    """The model and tokenizer as Transformers reads them back; in float64 nothing is computed in less."""
    # The eager attention takes its softmax in float32 whatever the dtype; the fused one does not.
    kind = "sdpa" if dtype == torch.float64 else "eager"
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=kind, dtype="auto").to(dtype).eval()
    if dtype == torch.float64:
        for module in model.modules():
            if type(module).__name__.endswith("RMSNorm"):
                module.forward = types.MethodType(exact_norm, module)
            elif type(module).__name__.endswith("RotaryEmbedding"):
                module.forward = types.MethodType(exact_rotary, module)
    return model, AutoTokenizer.from_pretrained(folder)


def exact_norm(self, hidden):
    """RMS norm in the input's own dtype (Transformers goes through float32)."""
    return self.weight * hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


def exact_rotary(self, hidden, position_ids):
    """Unscaled rotary angles in float64 (Transformers goes through float32)."""
    size = 2 * self.inv_freq.numel()
    theta = self.config.rope_parameters["rope_theta"]
    angles = position_ids[..., None].double() / theta ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def read_rows(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line]


def tokenise(tokenizer, folder, row):
    """Token ids of prompt, chosen and rejected as TRL 1.16 makes them, checked against the tokenizers library."""
    if isinstance(row["prompt"], str):
        end = lambda text: text if text.endswith(tokenizer.eos_token) else text + tokenizer.eos_token
        texts = [row["prompt"]] + [row["prompt"] + end(row[side]) for side in ("chosen", "rejected")]
        special = True
    else:
        render = lambda turns, open_: tokenizer.apply_chat_template(turns, add_generation_prompt=open_, tokenize=False)
        texts = [render(row["prompt"], True)] + [render(row["prompt"] + row[side], False) for side in ("chosen", "rejected")]
        special = False
    ids = [tokenizer(text, add_special_tokens=special)["input_ids"] for text in texts]
    oracle = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert ids == [oracle.encode(text, add_special_tokens=special).ids for text in texts]
    prompt, chosen, rejected = ids
    assert chosen[: len(prompt)] == prompt and rejected[: len(prompt)] == prompt, row
    return prompt, chosen[len(prompt) :], rejected[len(prompt) :]


def log_probs(model, prompt, completion):
    """Log-probability of every completion token, one sequence at a time (no padding)."""
    ids = torch.tensor([prompt + completion])
    rows = torch.log_softmax(model(ids).logits[0, len(prompt) - 1 : -1], -1)
    return rows.gather(1, torch.tensor(completion)[:, None])[:, 0]
