#!/usr/bin/env python3
"""Makes a large file of pairs for timing `penchant audit`, from the sentences of real ones.

Each new row takes the shape of a real row (how many sentences its prompt and answers have) and fills it with sentences
drawn from the same kind of text of other rows, so that lengths and words are real and hardly two rows are alike.

    scripts/make_audit_corpus.py --count 100000 --seed 0 REAL.jsonl [REAL.json …] > big.jsonl
"""

import argparse
import gzip
import json
import random
import re


def rows(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as file:
        text = file.read()
    data = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    for row in data:
        if "conversations" in row:
            yield row["conversations"][-1]["value"], row["chosen"]["value"], row["rejected"]["value"]
        else:
            chosen, rejected = row["chosen"], row["rejected"]
            cut = chosen.rfind("\n\nAssistant:")
            yield chosen[:cut], chosen[cut + 12 :], rejected[rejected.rfind("\n\nAssistant:") + 12 :]


def sentences(text):
    return [s for s in re.split(r"(?<=[.!?\n])\s+", text) if s.strip()] or [text]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    shapes = [[sentences(text) for text in row] for path in arguments.files for row in rows(path)]
    pools = [[s for shape in shapes for s in shape[part]] for part in range(3)]
    for number in range(arguments.count):
        shape = shapes[number % len(shapes)]
        texts = [" ".join(draw.choice(pools[part]) for _ in shape[part]) for part in range(3)]
        print(json.dumps({"id": str(number), "prompt": texts[0], "chosen": texts[1], "rejected": texts[2]}, ensure_ascii=False))


if __name__ == "__main__":
    main()
