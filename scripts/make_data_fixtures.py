"""Writes Tests/Fixtures/Data: extract_prompt.jsonl, what TRL's extract_prompt makes of implicit prompts,
and holdout.json, which of the prompts P0 ... P99 are held out, by a second implementation of the rule.

Run from the package root with TRL installed (made with trl 1.16):
    python scripts/make_data_fixtures.py
"""

import json
from pathlib import Path

from trl import extract_prompt


def turn(role, content):
    return {"role": role, "content": content}


USER, BLUE, GREEN = turn("user", "Sky?"), turn("assistant", "Blue."), turn("assistant", "Green.")
ROWS = [
    ("The sky is blue.", "The sky is green."),
    ("The sky is blue.", "The sky was blue."),
    ("The sky blue", "The sky blue too"),
    ("same", "same"),
    ("a", "ab"),
    ("two  spaces", "two  apples"),
    ("two  b", "two  c"),
    ("line\nbreak x", "line\nbreak y"),
    ("tab\tone", "tab\ttwo"),
    ("caf\u00e9 one", "cafe\u0301 one"),
    ("cafe\u0301 one", "cafe\u0300 one"),
    ("flag \U0001f1e9\U0001f1ea", "flag \U0001f1e9\U0001f1f0"),
    ("\u65e5\u672c\u8a9e\u304c", "\u65e5\u672c\u8a9e\u306f"),
    ("\U0001f44d\U0001f3fb!", "\U0001f44d\U0001f3ff!"),
    ("\r\nx", "\r\ny"),
    ("\n\nHuman: hi\n\nAssistant: yes", "\n\nHuman: hi\n\nAssistant: yellow"),
    ([USER, BLUE], [USER, GREEN]),
    ([USER, BLUE], [USER, BLUE]),
    ([USER, BLUE], [USER, BLUE, USER, GREEN]),
    ([USER, BLUE, turn("user", "Sure?"), BLUE], [USER, BLUE, turn("user", "Really?"), GREEN]),
    ([turn("system", "Be brief."), USER, BLUE], [turn("system", "Be brief."), USER, GREEN]),
]

target = Path("Tests/Fixtures/Data/extract_prompt.jsonl")
target.parent.mkdir(parents=True, exist_ok=True)
with target.open("w", encoding="utf-8", newline="\n") as file:
    for chosen, rejected in ROWS:
        row = {"chosen": chosen, "rejected": rejected}
        expected = extract_prompt(row)
        file.write(json.dumps({"row": row, "expected": expected}, ensure_ascii=True) + "\n")


MASK = (1 << 64) - 1


def stable_hash(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & MASK
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & MASK
    return state ^ state >> 31


def philox(counter, key):
    low = 0xFFFFFFFF
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = second >> 32 ^ c1 ^ k0, second & low, first >> 32 ^ c3 ^ k1, first & low
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return c0, c1, c2, c3


def rank(prompt, seed):
    """Stream 3 is the one for splits; 0xf8 marks a text and 0xff ends it."""
    step = stable_hash(b"\xf8" + prompt.encode() + b"\xff")
    words = philox((0, 3, step & 0xFFFFFFFF, step >> 32), (seed & 0xFFFFFFFF, seed >> 32))
    return words[0] | words[1] << 32


SEED = 0x123456789ABCDEF0
held_out = sorted(sorted(range(100), key=lambda index: rank(f"P{index}", SEED))[:5])
Path("Tests/Fixtures/Data/holdout.json").write_text(
    json.dumps({"fraction": 0.05, "seed": SEED, "held_out": held_out}) + "\n")
