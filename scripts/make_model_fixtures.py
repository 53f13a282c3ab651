"""Makes Tests/Fixtures/Models and Tests/Fixtures/Parity: tiny models, adapters, pairs, and golden figures for them.

The figures are computed by Transformers, PEFT and TRL: log-probs and gradients in float64 from the weights
as stored, one sequence at a time; five training steps by TRL's own DPOTrainer in float32. Every seed is fixed.
Needs torch 2.15, transformers 5.23, trl 1.16, peft 0.21, tokenizers, safetensors; run with OMP_NUM_THREADS=1.

Parity/MODEL.json
  pairs, pairs_chat   a row of pairs.jsonl (plain strings) or pairs-chat.jsonl (ChatML): prompt, chosen, rejected are
                      token ids, chosen_logps and rejected_logps one figure a completion token, *_sum their sums
  adapter             MODEL-adapter against the bare model: policy_* sums, rewards_*, losses, their mean loss, grad_norm
                      over all A and B, grad_norms by name, grad_values (whole tensors, row-major)
  full                the bare model against the reference_* sums given: as above, for every parameter; grad_values are
                      whole vectors (row null) or one row of a matrix; a tied head shows in embed_tokens
  generation          greedy tokens (tiny-llama), smallest_gap between the first and second logit
Parity/MODEL-adapter-gradients.safetensors   the gradient of every A and B behind `adapter`, as float32
Parity/MODEL-trl.json, MODEL-trl-full.json   TRL's metrics of five steps of two pairs, and the settings
Parity/MODEL-adapter-final.safetensors, MODEL-full-final.safetensors   (some of) what those steps end with

    python scripts/make_model_fixtures.py            everything (about two minutes)
    python scripts/make_model_fixtures.py --only models
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch.nn.functional import logsigmoid

import tiny_models as tiny

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "Tests" / "Fixtures" / "Models"
PARITY = ROOT / "Tests" / "Fixtures" / "Parity"
VOCABULARY = 384
BETA = 0.1
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

COMMON = dict(vocab_size=VOCABULARY, eos_token_id=2, pad_token_id=0, max_position_embeddings=512)
SHAPES = {  # sizes are odd on purpose: head sizes 12, 10 and 16, intermediate sizes no multiple of 16
    "tiny-llama": dict(
        COMMON, model_type="llama", hidden_size=48, intermediate_size=72, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True, rope_theta=50000.0, rms_norm_eps=1e-5, bos_token_id=None,
    ),
    "tiny-qwen2": dict(
        COMMON, model_type="qwen2", hidden_size=40, intermediate_size=76, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=False, rope_theta=1000000.0, rms_norm_eps=1e-6, bos_token_id=None,
    ),
    "tiny-mistral": dict(
        COMMON, model_type="mistral", hidden_size=32, intermediate_size=70, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, sliding_window=8, tie_word_embeddings=False, rope_theta=10000.0,
        rms_norm_eps=1e-5, bos_token_id=0,
    ),
}
# config.json of tiny-qwen2 is written the way published Qwen2.5 folders have it (rope_theta and torch_dtype at the top).
OLD_STYLE_QWEN2 = {
    "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "eos_token_id": 2, "hidden_act": "silu",
    "hidden_size": 40, "initializer_range": 0.02, "intermediate_size": 76, "max_position_embeddings": 512,
    "max_window_layers": 2, "model_type": "qwen2", "num_attention_heads": 4, "num_hidden_layers": 2,
    "num_key_value_heads": 2, "pad_token_id": 0, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
    "sliding_window": 32768, "tie_word_embeddings": False, "torch_dtype": "float32",
    "transformers_version": "4.43.1", "use_cache": True, "use_sliding_window": False, "vocab_size": VOCABULARY,
}

TEXT = """\
The question is simple: why is the sky blue? Light from the sun is made of many colours, and the air scatters the short waves more.
Water boils at a lower temperature on a mountain because the air there presses on it with less weight.
A computer keeps its numbers in binary, that is with two digits only, and adds them in the same way as we do on paper.
To sort a list, split it in two, sort each half, and then merge the halves; this is called merge sort.
Plants take in carbon dioxide and water, and with the light of the sun they make sugar and give back oxygen.
What does the moon do to the sea? It pulls the water on the near side more than it pulls the earth, and so there are tides.
The best answer is one that says what it means, gives the reason, and stops. Please explain how the heart works.
Question: How does a compiler differ from an interpreter? Answer: the first translates the whole program before it runs.
Question: What is a prime number? Answer: a number above one that nothing divides but itself and one, such as 7 or 13.
Sound needs something to travel in, so there is no sound in space. In water it goes about four times faster than in air.
Yes, that is right. No, it is not. I think that there is another way to see this, and here is what you could try next.
user
assistant
system
You are a helpful assistant who answers in a clear and friendly way.
Iron rusts when oxygen and water meet on it; paint keeps them away. Salt makes it go faster.
When two things are the same temperature, the one that conducts better feels colder to the hand.
A hash table finds a key in about the same time however many keys it holds, if the hash spreads them well.
"""

PAIRS = [  # differing lengths, one-token answers, text beyond ASCII, digits, newlines, an answer that ends in its own end token
    ("Question: Why is the sky blue?\nAnswer:", " The air scatters short waves more.", " No."),
    ("Question: What is a prime number?\nAnswer:", " One", " A number such as 7 or 13, I think."),
    ("Is there sound in space?", "\nNo, sound needs something to travel in.", "\nYes."),
    ("Sort this: 3, 1, 2\n", "1, 2, 3", "3, 2, 1"),
    ("Question: Why do plants need light?\nAnswer:", " With it they make sugar from water and air.", " The sun."),
    ("The moon", " pulls the sea.", " is"),
    ("Où est le café ☕?\n", "Là-bas, près du pont.", "Je ne sais pas…"),
    ("A compiler translates the whole program before it runs;", " an interpreter does so line by line.", " so what?"),
    ("user", " user", " assistant"),
    ("Why does iron rust?\n\n", "Oxygen and water meet on it.<|im_end|>", "It is old, and that is what old things do in the end."),
]
PROMPTS = [("Question: Why is the sky blue?\nAnswer:", False), ("What does the moon do to the sea?", True)]


def number(value):
    """Twelve significant digits, which is what the comparison needs and no more."""
    value = value.item() if isinstance(value, torch.Tensor) else value
    return float(f"{value:.12g}")


def numbers(values):
    return [number(value) for value in values]


def write_json(name, value):
    PARITY.mkdir(parents=True, exist_ok=True)
    (PARITY / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def write_pairs():
    plain = [dict(prompt=p, chosen=c, rejected=r) for p, c, r in PAIRS]
    turn = lambda role, text: [{"role": role, "content": text.removesuffix("<|im_end|>").strip()}]
    chat = [
        dict(prompt=turn("user", p), chosen=turn("assistant", c), rejected=turn("assistant", r)) for p, c, r in PAIRS
    ]
    for name, rows in (("pairs.jsonl", plain), ("pairs-chat.jsonl", chat)):
        (MODELS / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def make_models():
    shutil.rmtree(MODELS, ignore_errors=True)
    MODELS.mkdir(parents=True)
    write_pairs()
    tokenizer = tiny.train_tokenizer(TEXT.splitlines(), VOCABULARY)

    def write(name, model, bos=None, **how):
        folder = MODELS / name
        folder.mkdir()
        tiny.write_tokenizer(tokenizer, folder, bos)
        tiny.write_model(model, folder, **how)

    llama = tiny.random_model(SHAPES["tiny-llama"], seed=1, std=0.2)
    llama.config.dtype = "float32"
    write("tiny-llama", llama)
    write("tiny-llama-sharded", llama, shards=2)
    write("tiny-qwen2", tiny.random_model(SHAPES["tiny-qwen2"], seed=2, std=0.2), config=OLD_STYLE_QWEN2)
    mistral = tiny.random_model(SHAPES["tiny-mistral"], seed=3, std=0.2)
    mistral.config.dtype = "float32"
    write("tiny-mistral", mistral, bos=tiny.END_OF_TEXT)
    llama = llama.to(torch.bfloat16)
    llama.config.dtype = "bfloat16"
    write("tiny-llama-bf16", llama)
    for seed, name in enumerate(SHAPES, start=11):
        make_adapter(name, seed)


def make_adapter(name, seed):
    """A PEFT folder of rank 4, alpha 8 on all seven linears, with A and B both drawn at random."""
    model, _ = tiny.load(MODELS / name, torch.float32)
    lora = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=LINEARS)
    model = get_peft_model(model, lora)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "lora_" in key:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.1)
    folder = MODELS / f"{name}-adapter"
    model.peft_config["default"].base_model_name_or_path = name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's model card template
    config = json.loads((folder / "adapter_config.json").read_text())
    config["target_modules"] = LINEARS  # PEFT writes a set, in an order that varies
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def scores(model, tokens):
    """Per-token log-probs of every completion: two lists of tensors."""
    return [[tiny.log_probs(model, row[0], row[side]) for row in tokens] for side in (1, 2)]


def sums(parts):
    return torch.stack([part.sum() for part in parts])


def dpo(policy, reference):
    """TRL's sigmoid loss of every pair, and the two rewards, from the summed log-probs [chosen, rejected]."""
    rewards = [BETA * (p - r) for p, r in zip(policy, reference)]
    return -logsigmoid(rewards[0] - rewards[1]), rewards


def norms(named):
    return {name: number(weight.grad.norm()) for name, weight in named}


def total(named):
    return number(torch.sqrt(sum(weight.grad.square().sum() for _, weight in named)))


def golden(name):
    """Everything known of one model: token ids, log-probs, and, where it has one, loss and gradients with its adapter."""
    folder = MODELS / name
    model, tokenizer = tiny.load(folder)
    plain = [tiny.tokenise(tokenizer, folder, row) for row in tiny.read_rows(MODELS / "pairs.jsonl")]
    chat = [tiny.tokenise(tokenizer, folder, row) for row in tiny.read_rows(MODELS / "pairs-chat.jsonl")]
    out = {"model": name, "beta": BETA}
    for key, tokens in (("pairs", plain), ("pairs_chat", chat)):
        with torch.no_grad():
            chosen, rejected = scores(model, tokens)
        out[key] = [
            {
                "prompt": row[0], "chosen": row[1], "rejected": row[2],
                "chosen_logps": numbers(c), "rejected_logps": numbers(r),
                "chosen_sum": number(c.sum()), "rejected_sum": number(r.sum()),
            }
            for row, c, r in zip(tokens, chosen, rejected)
        ]
        if key == "pairs":
            base = [sums(chosen), sums(rejected)]
    if name in SHAPES:
        out["full"] = golden_full(model, plain, base)
        out["adapter"] = golden_adapter(name, plain, base)
    if name == "tiny-llama":
        out["generation"] = [greedy(model, tokenizer, *prompt) for prompt in PROMPTS]
    write_json(f"{name}.json", out)


def golden_adapter(name, tokens, base):
    """Mean DPO loss of the model with its adapter against the bare model, and the gradient of every A and B."""
    model = PeftModel.from_pretrained(tiny.load(MODELS / name)[0], MODELS / f"{name}-adapter", is_trainable=True)
    model = model.double().eval()
    chosen, rejected = scores(model, tokens)
    policy = [sums(chosen), sums(rejected)]
    losses, rewards = dpo(policy, base)
    losses.mean().backward()
    named = [(key.replace(".default", ""), w) for key, w in model.named_parameters() if w.requires_grad]
    save_file(
        {key: weight.grad.float().contiguous() for key, weight in named}, PARITY / f"{name}-adapter-gradients.safetensors"
    )
    values = {key: numbers(w.grad.flatten()) for key, w in named if "layers.1.self_attn.k_proj" in key}
    return {
        "folder": f"{name}-adapter",
        "policy_chosen": numbers(policy[0]), "policy_rejected": numbers(policy[1]),
        "rewards_chosen": numbers(rewards[0]), "rewards_rejected": numbers(rewards[1]),
        "losses": numbers(losses), "loss": number(losses.mean()),
        "grad_norm": total(named), "grad_norms": norms(named), "grad_values": values,
    }


def golden_full(model, tokens, base):
    """Mean DPO loss against given reference log-probs, and the gradient of every parameter of the model itself."""
    generator = torch.Generator().manual_seed(99)
    reference = [torch.round(b + 3 * torch.randn(b.shape, generator=generator, dtype=b.dtype), decimals=3) for b in base]
    chosen, rejected = scores(model, tokens)
    losses, rewards = dpo([sums(chosen), sums(rejected)], reference)
    losses.mean().backward()
    named = [(key, weight) for key, weight in model.named_parameters()]
    values = []
    for key, weight in named:
        if weight.dim() == 1:
            values.append({"tensor": key, "row": None, "values": numbers(weight.grad)})
        elif "layers.1.self_attn.q_proj" in key or "layers.0.mlp.down_proj" in key or key == "lm_head.weight":
            values.append({"tensor": key, "row": 5, "values": numbers(weight.grad[5])})
        elif "embed_tokens" in key:  # an end token, a byte of nearly every row, and one that no row holds
            for row in (2, tokens[0][0][1], 200):
                values.append({"tensor": key, "row": row, "values": numbers(weight.grad[row])})
    out = {
        "reference_chosen": numbers(reference[0]), "reference_rejected": numbers(reference[1]),
        "rewards_chosen": numbers(rewards[0]), "rewards_rejected": numbers(rewards[1]),
        "losses": numbers(losses), "loss": number(losses.mean()),
        "grad_norm": total(named), "grad_norms": norms(named), "grad_values": values,
    }
    model.zero_grad(set_to_none=True)
    return out


@torch.no_grad()
def greedy(model, tokenizer, text, chat):
    """Sixteen greedy tokens; the least gap between first and second logit says how firm the choice is."""
    if chat:
        turns = [{"role": "user", "content": text}]
        text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(text, add_special_tokens=not chat)["input_ids"]
    ids, gap = list(prompt), float("inf")
    for _ in range(16):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        gap = min(gap, float(best.values[0] - best.values[1]))
        ids.append(int(best.indices[0]))
    made = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                          do_sample=False, max_new_tokens=16, eos_token_id=None, pad_token_id=0)
    assert made[0].tolist() == ids
    return {"text": text, "prompt": prompt, "tokens": ids[len(prompt) :], "smallest_gap": number(gap)}


def train(name, full):
    """Five steps of TRL's DPOTrainer, in a process of its own; its metrics and final tensors become fixtures."""
    scratch = PARITY / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "scripts" / "trl_dpo_steps.py"), "--model", MODELS / name,
               "--data", MODELS / "pairs.jsonl", "--output", scratch / "metrics.jsonl", "--save", scratch / "final"]
    command += ["--full"] if full else ["--adapter", MODELS / f"{name}-adapter"]
    subprocess.run([str(part) for part in command], check=True)
    settings = {"steps": 5, "pairs_per_step": 2, "learning_rate": 1e-3, "schedule": "constant", "beta": BETA,
                "max_grad_norm": 1.0, "weight_decay": 0.0, "shuffle": False, "dtype": "float32", "reference": "initial"}
    out = {"model": name, "adapter": None if full else f"{name}-adapter", "data": "pairs.jsonl", "settings": settings,
           "steps": tiny.read_rows(scratch / "metrics.jsonl")}
    if full:
        final = load_file(scratch / "final" / "model.safetensors")
        kept = [key for key, value in final.items() if value.dim() == 1] + ["model.layers.1.self_attn.q_proj.weight"]
        save_file({key: final[key].contiguous() for key in kept}, PARITY / f"{name}-full-final.safetensors")
        write_json(f"{name}-trl-full.json", out)
    else:
        final = load_file(scratch / "final" / "adapter_model.safetensors")
        save_file(final, PARITY / f"{name}-adapter-final.safetensors")
        write_json(f"{name}-trl.json", out)
    shutil.rmtree(scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["models", "golden", "training"], help="one part; the later need the earlier")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    if only in (None, "models"):
        make_models()
    if only in (None, "golden"):
        PARITY.mkdir(parents=True, exist_ok=True)
        for name in list(SHAPES) + ["tiny-llama-bf16"]:
            golden(name)
    if only in (None, "training"):
        for name in SHAPES:
            train(name, full=False)
        train("tiny-llama", full=True)


if __name__ == "__main__":
    main()
