"""Checks the demonstration's corpus, Sources/CPenchantDemo/assets/corpus.jsonl, and prints what it is made of.

180 topics, one a line: two wordings of a question, three answers that are curt and technical, three that are clear and
friendly, 2-3 key facts (each a list of accepted substrings) that stand in every answer, and the split it belongs to.
Fails on a missing fact, a repeated text, four words that an answer says twice (the demonstration would count it as
garbled), a character beyond ASCII, a split of the wrong size, or when length tells the styles apart.

    python scripts/check_demo_corpus.py [--merge PART ...]     --merge writes the corpus from parts first
"""
import argparse
import json
import re
import sys
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "Sources" / "CPenchantDemo" / "assets" / "corpus.jsonl"
SPLITS = {"train": 100, "validation": 20, "test": 60}


def split(part, index):
    """Of nine topics in a row five train, one validates, three test; the very first topic is a test topic."""
    place = (index + (6 if part == 0 else 0)) % 9
    return "train" if place < 5 else "validation" if place == 5 else "test"


def merge(paths):
    with open(CORPUS, "w") as out:
        for part, path in enumerate(paths):
            rows = [json.loads(line) for line in open(path) if line.strip()]
            for index, row in enumerate(rows):
                row = {"topic": row["topic"], "split": split(part, index), **{k: row[k] for k in ("questions", "facts", "curt", "friendly")}}
                out.write(json.dumps(row) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--merge", nargs="+")
    arguments = parser.parse_args()
    if arguments.merge:
        merge(arguments.merge)
    rows = [json.loads(line) for line in open(CORPUS)]
    problems, texts, wins, pairs = [], set(), 0.0, 0
    friendlier = 0
    for row in rows:
        answers = row["curt"] + row["friendly"]
        for text in row["questions"] + answers:
            if not text.isascii():
                problems.append(f"{row['topic']}: beyond ASCII")
            if text in texts:
                problems.append(f"{row['topic']}: text stands twice")
            texts.add(text)
        for fact in row["facts"]:
            for answer in answers:
                if not any(f in answer.lower() for f in fact):
                    problems.append(f"{row['topic']}: no {fact} in: {answer}")
        if [len(row[style]) for style in ("curt", "friendly")] != [3, 3]:
            problems.append(f"{row['topic']}: not three answers in each style")
        for answer in answers:
            words = re.findall(r"[\w']+|[^\w\s]", answer.lower())
            fours = list(zip(words, words[1:], words[2:], words[3:]))
            if len(set(fours)) < len(fours):
                problems.append(f"{row['topic']}: says four words twice: {answer}")
            if not 22 <= len(answer.split()) <= 46:
                problems.append(f"{row['topic']}: {len(answer.split())} words")
        for curt in row["curt"]:
            if re.search(r"\b(you|your|we|our|us|let's|i)\b|\w'(s|re|ll|t|ve|d)\b", curt.lower().replace("sun's", "").replace("moon's", "").replace("earth's", "")):
                problems.append(f"{row['topic']}: curt answer sounds friendly: {curt}")
        lengths = [sum(len(a.split()) for a in row[s]) for s in ("curt", "friendly")]
        friendlier += lengths[1] > lengths[0]
        for curt in row["curt"]:
            for friendly in row["friendly"]:
                a, b = len(friendly.split()), len(curt.split())
                wins += (a > b) + 0.5 * (a == b)
                pairs += 1
    sizes = {name: sum(r["split"] == name for r in rows) for name in SPLITS}
    if sizes != SPLITS:
        problems.append(f"splits {sizes}, wanted {SPLITS}")
    auc = max(wins / pairs, 1 - wins / pairs)
    if not 0.45 <= friendlier / len(rows) <= 0.55 or auc > 0.55:
        problems.append(f"length tells the styles apart: friendly longer in {friendlier} of {len(rows)}, AUC {auc:.3f}")
    words = sorted(len(a.split()) for r in rows for a in r["curt"] + r["friendly"])
    print(f"{len(rows)} topics {sizes}, {len(texts)} texts, answers of {words[0]}-{words[-1]} words, "
          f"friendly longer in {friendlier}, length-only AUC {auc:.3f}")
    for problem in problems:
        print("  " + problem)
    sys.exit(1 if problems else 0)


main()
