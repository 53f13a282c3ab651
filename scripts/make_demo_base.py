"""Makes what the demonstration's base model is trained from: a Llama folder with random weights whose tokenizer
is made from the corpus, and the corpus as conversations, both styles of every topic alike.

Every answer stands there twice: to the bare question, and to the question under a system message that names its
style, as models that people use have met styles by name. No conversation says that one is better.

`make demo-model` runs this, then `penchant sft --full` on it. Needs torch, transformers, tokenizers.

    python scripts/make_demo_base.py OUTPUT
"""
import argparse
import json
import math
from pathlib import Path

import torch

import tiny_models as tiny

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "Sources" / "CPenchantDemo" / "assets" / "corpus.jsonl"
VOCABULARY = 2048
SHAPE = dict(
    model_type="llama", vocab_size=VOCABULARY, hidden_size=256, intermediate_size=704, num_hidden_layers=5,
    num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, rope_theta=10000.0, rms_norm_eps=1e-5,
    max_position_embeddings=512, bos_token_id=None, eos_token_id=2, pad_token_id=0,
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    torch.set_num_threads(1)
    rows = tiny.read_rows(CORPUS)
    texts = [t for r in rows for t in r["questions"] + r["curt"] + r["friendly"]]
    tokenizer = tiny.train_tokenizer(texts + ["user", "assistant", "system", "Be curt.", "Be friendly."] * 20, VOCABULARY)
    model = tiny.random_model(SHAPE, 1, std=0.02)
    with torch.no_grad():  # gains begin at 1; what writes to the residual stream begins smaller (GPT-2)
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.fill_(1.0)
            elif "o_proj" in name or "down_proj" in name:
                weight.mul_(1 / math.sqrt(2 * SHAPE["num_hidden_layers"]))
    model = model.to(torch.bfloat16)
    model.config.dtype = "bfloat16"
    (output / "random").mkdir(parents=True, exist_ok=True)
    tiny.write_tokenizer(tokenizer, output / "random", length=SHAPE["max_position_embeddings"])
    tiny.write_model(model, output / "random")
    with open(output / "chats.jsonl", "w") as out:
        for row in rows:
            for question in row["questions"]:
                for style in ("curt", "friendly"):
                    for answer in row[style]:
                        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
                        named = [{"role": "system", "content": f"Be {style}."}]
                        for messages in (turns, named + turns):
                            out.write(json.dumps({"messages": messages}) + "\n")
    print(output, sum(w.numel() for w in model.parameters()), "parameters")


main()
