#!/usr/bin/env python3
"""Plants known defects in real pairs and tells how many of them `penchant audit` finds.

    scripts/plant_defects.py --penchant .build/release/penchant --share 0.02 --seed 0 PAIRS.jsonl|.json[.gz] …

Every kind goes into a copy of its own; a finding on the clean file counts as a false alarm of its check. The table is
Markdown, as in docs/AUDIT.md.
"""

import argparse
import gzip
import json
import pathlib
import random
import subprocess
import tempfile


def read(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as file:
        text = file.read()
    data = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    rows = []
    for row in data:
        if "conversations" in row:
            rows.append(
                {
                    "prompt": row["conversations"][-1]["value"],
                    "chosen": row["chosen"]["value"],
                    "rejected": row["rejected"]["value"],
                }
            )
        else:
            chosen, rejected, mark = row["chosen"], row["rejected"], "\n\nAssistant:"
            cut = chosen.rfind(mark)
            if chosen[:cut] != rejected[: rejected.rfind(mark)]:
                continue
            prompt = chosen[:cut].rsplit("\n\nHuman:", 1)[-1].strip()
            rows.append(
                {
                    "prompt": prompt,
                    "chosen": chosen[cut + len(mark) :].strip(),
                    "rejected": rejected[rejected.rfind(mark) + len(mark) :].strip(),
                }
            )
    seen, clean = set(), []
    for row in rows:
        key = json.dumps(row)
        if row["chosen"].strip() and row["rejected"].strip() and row["prompt"] and key not in seen:
            seen.add(key)
            clean.append(row)
    return clean


def swap(row):
    row["chosen"], row["rejected"] = row["rejected"], row["chosen"]


def change(key, function):
    def apply(row, draw):
        row[key] = function(row[key], draw)

    return apply


def insert(text, mark, draw):
    words = text.split(" ")
    words.insert(draw.randrange(len(words) + 1), mark)
    return " ".join(words)


# kind -> (check, what is done to a chosen row); rows are recognised by their number.
CHANGES = {
    "identical": ("identical-answers", change("rejected", lambda t, d: t)),
    "identical but for case and space": ("identical-answers", None),
    "empty": ("empty-text", change("chosen", lambda t, d: " ")),
    "null literal": ("empty-text", change("rejected", lambda t, d: d.choice(["None", "null", "NaN", "undefined"]))),
    "control token": (
        "special-tokens",
        lambda row, draw: row.__setitem__(
            "chosen", insert(row["chosen"], draw.choice(["<|im_end|>", "<|eot_id|>", "[INST]", "</s>"]), draw)
        ),
    ),
    "zero-width or direction control": (
        "invisible-characters",
        change("rejected", lambda t, d: insert(t, d.choice(["\u200b", "\u202e", "\ufeff"]), d)),
    ),
    "score order": (
        "score-order",
        lambda row, draw: row.update(score_chosen=1, score_rejected=10),
    ),
    "e-mail address": (
        "personal-data",
        change("chosen", lambda t, d: insert(t, f"user{d.randrange(10**6)}@mailhost.org", d)),
    ),
    "insult": ("toxic-words", change("rejected", lambda t, d: insert(t, d.choice(["idiot,", "Moron!", "(fuck you)"]), d))),
}


def plant(rows, kind, share, draw):
    """The rows with a defect in some, the numbers (from 1) that must be found, the check, and evaluation rows."""
    rows = [dict(row) for row in rows]
    count = max(1, round(share * len(rows)))
    picked = sorted(draw.sample(range(len(rows)), count))
    evaluation = []
    if kind == "repeated row":
        expected = list(range(len(rows) + 1, len(rows) + count + 1))
        rows += [dict(rows[i]) for i in picked]
        return rows, expected, "duplicate-rows", evaluation
    if kind == "contradiction":
        expected = [i + 1 for i in picked] + list(range(len(rows) + 1, len(rows) + count + 1))
        for i in picked:
            copy = dict(rows[i])
            swap(copy)
            rows.append(copy)
        return rows, expected, "contradictions", evaluation
    if kind == "near copy":
        expected = list(range(len(rows) + 1, len(rows) + count + 1))
        for i in picked:
            copy = dict(rows[i])
            copy["chosen"] = insert(copy["chosen"], "indeed", draw)
            rows.append(copy)
        return rows, expected, "near-duplicate-rows", evaluation
    if kind in ("leaked prompt", "nearly leaked prompt"):
        for i in picked:
            copy = dict(rows[i])
            if kind == "nearly leaked prompt":
                copy["prompt"] += " Please."
            evaluation.append(copy)
        prompts = {rows[i]["prompt"].lower().split().__str__() for i in picked}
        expected = [i + 1 for i, row in enumerate(rows) if row["prompt"].lower().split().__str__() in prompts]
        check = "evaluation-leak" if kind == "leaked prompt" else "evaluation-near-leak"
        return rows, expected, check, evaluation
    check, function = CHANGES[kind]
    for i in picked:
        if kind == "identical":
            rows[i]["rejected"] = rows[i]["chosen"]
        elif kind == "identical but for case and space":
            rows[i]["rejected"] = "  ".join(rows[i]["chosen"].swapcase().split(" ")) + "\n"
        else:
            function(rows[i], draw)
    return rows, [i + 1 for i in picked], check, evaluation


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def audit(penchant, folder, rows, evaluation=()):
    write(folder / "data.jsonl", rows)
    command = [penchant, "audit", "--data", str(folder / "data.jsonl"), "--fail-on", "none"]
    command += ["--output", str(folder / "audit"), "--overwrite"]
    if evaluation:
        write(folder / "evaluation.jsonl", evaluation)
        command += ["--eval-data", str(folder / "evaluation.jsonl")]
    subprocess.run(command, check=True, capture_output=True)
    findings = json.loads((folder / "audit/findings.json").read_text())["findings"]
    return {f["id"]: f for f in findings}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--penchant", default=".build/release/penchant")
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    rows = [row for path in arguments.files for row in read(path)]
    kinds = list(CHANGES) + ["repeated row", "contradiction", "near copy", "leaked prompt", "nearly leaked prompt"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clean = audit(arguments.penchant, folder, rows)
        alarms = {id: {row["row"] for row in f["rows"]} for id, f in clean.items()}
        print(f"{len(rows)} pairs, {arguments.share:.0%} of them with the defect, seed {arguments.seed}\n")
        print("| planted | check | planted rows | found | recall | on the clean pairs |\n|---|---|---|---|---|---|")
        for kind in kinds:
            planted, expected, check, evaluation = plant(rows, kind, arguments.share, draw)
            found = {row["row"] for row in audit(arguments.penchant, folder, planted, evaluation).get(check, {"rows": []})["rows"]}
            hits = len(found & set(expected))
            print(
                f"| {kind} | `{check}` | {len(expected)} | {hits} | {hits / len(expected):.1%} "
                f"| {len(alarms.get(check, ()))} ({len(alarms.get(check, ())) / len(rows):.2%}) |"
            )
        opener = [dict(row) for row in rows]
        for i in draw.sample(range(len(rows)), round(0.3 * len(rows))):
            opener[i]["chosen"] = "Great question! " + opener[i]["chosen"]
        finding = audit(arguments.penchant, folder, opener).get("openers")
        print(f"\n\"Great question!\" before 30 % of the chosen answers: {finding['summary'] if finding else 'not found'}")
        for share in (0.0, 0.1):
            sided = [dict(row) for row in rows]
            for i in draw.sample(range(len(rows)), round(share * len(rows))):
                sided[i]["chosen"] += " He agrees."
                sided[i]["rejected"] += " She agrees."
            figures = audit(arguments.penchant, folder, sided)["term-swap"]["figures"]
            mean, lower, upper, first, second, p = (
                figures[f"gender {name}"] for name in ("mean", "lower", "upper", "first preferred", "second preferred", "p")
            )
            print(
                f"\"He agrees.\" behind {share:.0%} of the chosen answers, \"She agrees.\" behind the rejected: she for he "
                f"{mean:+.3f} ({lower:+.3f} … {upper:+.3f}), labels {first} : {second} (p = {p:.2g})"
            )
        flipped = [dict(row) for row in rows]
        picked = draw.sample(range(len(rows)), round(0.1 * len(rows)))
        for i in picked:
            swap(flipped[i])
        suspects = audit(arguments.penchant, folder, flipped).get("suspected-flips")
        named = {row["row"] for row in suspects["rows"]} if suspects else set()
        hits = len(named & {i + 1 for i in picked})
        print(f"10 % of the labels turned: {hits} of {len(picked)} among {len(named)} suspected flips.")
        blocked = [id for id, f in clean.items() if f["severity"] == "block"]
        print(f"Blocking findings on the clean pairs: {', '.join(f'{id} {len(alarms[id])}' for id in blocked) or 'none'}.")


if __name__ == "__main__":
    main()
