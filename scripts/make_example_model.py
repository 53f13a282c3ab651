"""Makes Examples/tiny-model: a random Llama of some 140 000 parameters whose tokenizer is trained on Examples/pairs.jsonl.

It has nothing to say: it is there to see the whole loop run in seconds, without a download. With --teach it
is first shown both answers of every pair alike, so that it makes words (and prefers neither answer). Needs
what make_model_fixtures.py needs; run with OMP_NUM_THREADS=1.
"""
import argparse
import shutil
from pathlib import Path

import torch

import tiny_models as tiny

EXAMPLES = Path(__file__).resolve().parent.parent / "Examples"
VOCABULARY = 512
SHAPE = dict(
    model_type="llama", vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, num_hidden_layers=3,
    num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, rope_theta=10000.0, rms_norm_eps=1e-5,
    max_position_embeddings=1024, bos_token_id=None, eos_token_id=2, pad_token_id=0,
)


def teach(model, tokenizer, rows, steps, generator):
    """Plain next-token training on every conversation of the pairs, sixteen at a time."""
    texts = []
    for row in rows:
        for side in ("chosen", "rejected"):
            turns = row["prompt"] + row[side]
            texts.append("".join(f"<|im_start|>{t['role']}\n{t['content']}<|im_end|>\n" for t in turns))
    ids = [torch.tensor(tokenizer.encode(text).ids) for text in texts]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        chosen = torch.randint(len(ids), (16,), generator=generator).tolist()
        batch = torch.nn.utils.rnn.pad_sequence([ids[i] for i in chosen], batch_first=True, padding_value=-100)
        logits = model(batch.clamp(min=0), attention_mask=(batch >= 0).long()).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}: {loss.item():.3f} nats a token", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=EXAMPLES / "tiny-model")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--teach", type=int, default=0, metavar="STEPS", help="steps of plain training first (400 is fair)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = tiny.read_rows(EXAMPLES / "pairs.jsonl")
    texts = [turn["content"] for row in rows for part in ("prompt", "chosen", "rejected") for turn in row[part]]
    tokenizer = tiny.train_tokenizer(texts + ["system", "user", "assistant"] * 20, VOCABULARY)
    model = tiny.random_model(SHAPE, arguments.seed, std=0.05)
    if arguments.teach:
        teach(model, tokenizer, rows, arguments.teach, torch.Generator().manual_seed(arguments.seed))
    model = model.to(torch.bfloat16)
    model.config.dtype = "bfloat16"
    shutil.rmtree(arguments.output, ignore_errors=True)
    arguments.output.mkdir(parents=True)
    tiny.write_tokenizer(tokenizer, arguments.output, length=SHAPE["max_position_embeddings"])
    tiny.write_model(model, arguments.output)
    lengths = []
    _, loaded = tiny.load(arguments.output, torch.float32)
    for row in rows:
        prompt, chosen, rejected = tiny.tokenise(loaded, arguments.output, row)
        lengths.append((len(prompt), len(chosen), len(rejected)))
    size = sum(weight.numel() for weight in model.parameters())
    means = [round(sum(column) / len(column)) for column in zip(*lengths)]
    print(f"{size} parameters; {len(rows)} pairs of {means} tokens on average, at most {max(a + max(b, c) for a, b, c in lengths)}")


if __name__ == "__main__":
    main()
