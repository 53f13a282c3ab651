"""Make Tests/Fixtures/Formats: files as transformers, peft and safetensors write them.

    python scripts/make_formats_fixtures.py

Needs torch, transformers, peft and safetensors; the committed files were made with transformers 5.23,
peft 0.21 and safetensors' own writer.
"""

import json
import pathlib
import shutil
import tempfile

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "Formats"

SIZES = dict(
    hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    vocab_size=11, max_position_embeddings=32, bos_token_id=1, eos_token_id=2)


def write_tensors():
    """One tensor of each kind that matters: wide, narrow, integer, scalar, without elements."""
    save_file(
        {
            "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4 - 0.5,
            "narrow": torch.tensor([1.0, -2.5, 3.140625], dtype=torch.bfloat16),
            "count": torch.tensor(-7, dtype=torch.int64),
            "nothing": torch.zeros(0, 4, dtype=torch.float32),
            "flags": torch.tensor([True, False, True]),
        },
        OUTPUT / "tensors.safetensors", metadata={"format": "pt"})


def write_model(name, config, folder):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    shutil.copy(folder / "config.json", OUTPUT / f"{name}.config.json")
    return model


def write_shards(model, folder):
    model.save_pretrained(folder, max_shard_size="2KB")
    target = OUTPUT / "sharded"
    target.mkdir(exist_ok=True)
    for path in sorted(folder.glob("model*")):
        shutil.copy(path, target / path.name)


def write_adapter(model, folder):
    torch.manual_seed(0)
    config = LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    get_peft_model(model, config).save_pretrained(folder)
    settings = json.loads((folder / "adapter_config.json").read_text())
    settings["target_modules"].sort()  # peft keeps a set
    settings["base_model_name_or_path"] = "example/base"
    (OUTPUT / "peft.adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    shutil.copy(folder / "adapter_model.safetensors", OUTPUT / "peft.adapter_model.safetensors")


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write_tensors()
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        llama = write_model("llama", LlamaConfig(**SIZES, tie_word_embeddings=True), root / "llama")
        write_model("mistral", MistralConfig(**SIZES, sliding_window=16), root / "mistral")
        write_model("qwen2", Qwen2Config(**SIZES), root / "qwen2")
        write_shards(llama, root / "sharded")
        write_adapter(llama, root / "adapter")


if __name__ == "__main__":
    main()
