"""Writes model folders of real shapes with random weights: made on the device, nothing fetched. Used by scripts/check-cuda.

    python3 Benchmarks/random_model.py --shape llama-3.1-8b --tokenizer Examples/tiny-model --output FOLDER

Each shape becomes a folder of its name in FOLDER.
The tokenizer may know fewer tokens than the model: times and memory do not depend on which are used.
"""
import argparse
import os
import shutil

import torch
from gpu_peer import SHAPES
from transformers import AutoConfig, AutoModelForCausalLM

# Small, with the head sizes that the real shapes have.
SMALL = {
    f"small-head-{size}": dict(
        model_type="llama", vocab_size=512, hidden_size=4 * size, intermediate_size=8 * size, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, max_position_embeddings=1024,
        rms_norm_eps=1e-5, rope_parameters=dict(rope_type="default", rope_theta=1e4))
    for size in (64, 128)
}


def write(shape, tokenizer, folder, device):
    options = dict((SHAPES | SMALL)[shape])
    config = AutoConfig.for_model(options.pop("model_type"), **options, bos_token_id=None, eos_token_id=2, pad_token_id=0)
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1 and name.endswith("bias"):
                weight.normal_(0, 0.1)
            elif weight.dim() == 2:
                # Answers that depend on their prompts: at the usual 0.02 a small model's logits are all but equal.
                weight.normal_(0, 0.05 if shape in SMALL else 0.02)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(tokenizer, name), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", required=True, choices=[*SHAPES, *SMALL], action="append", help="can be given more than once")
    parser.add_argument("--tokenizer", required=True, help="folder whose tokenizer is copied")
    parser.add_argument("--output", required=True)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    for shape in a.shape:
        write(shape, a.tokenizer, os.path.join(a.output, shape), a.device)


if __name__ == "__main__":
    main()
