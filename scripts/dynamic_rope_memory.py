"""Shows how far Transformers' memory of the longest sequence moves log-probs under `dynamic` rotary scaling.

    python scripts/dynamic_rope_memory.py

The model and the adapter are those of Tests/Fixtures/Architectures/dynamic, whose trained length is 16. A pair of 18
tokens is scored by a process that has seen nothing, and by one that scored a pair of 21 tokens before.
"""
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

import make_architecture_fixtures as fixtures

FOLDER = fixtures.ROOT / "dynamic"
LONG = fixtures.PAIRS[0]
SHORT = dict(prompt=LONG["prompt"], answers=[[40, 17, 22, 9, 31, 5, 44, 12, 2], [18, 2]])


def fresh():
    model = AutoModelForCausalLM.from_pretrained(FOLDER, attn_implementation="eager", dtype=torch.float32)
    return PeftModel.from_pretrained(model, FOLDER / "adapter").eval()


@torch.no_grad()
def score(model, pair):
    return [part.double() for part in fixtures.log_probs(model, pair)[0]]


def main():
    first = score(fresh(), SHORT)
    used = fresh()
    score(used, LONG)
    after = score(used, SHORT)
    token = max((x - y).abs().max().item() for x, y in zip(first, after))
    answer = max((x.sum() - y.sum()).abs().item() for x, y in zip(first, after))
    print(f"fresh against after a longer pair: {token:.2g} nats a token, {answer:.2g} an answer, at most")


main()
