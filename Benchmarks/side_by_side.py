"""Penchant and TRL on the same work, in turns, on one machine: medians, ratios, versions.

    VENV/bin/python Benchmarks/side_by_side.py .build/release/penchant --tokenizer DIR --output results.json

Weights are random: times do not depend on them. The tokenizer is any of a vocabulary of about 49,000 (SmolLM2's is
what the published figures were made with). A step's time is the program's own, the first of a run left out; TRL runs in
bfloat16 without gradient checkpointing, its fastest setting here. `--pairs FILE` adds the case that runs real pairs from
the command line to the end.
"""
import argparse
import importlib.metadata
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

SHAPES = {
    "smollm2-135m": dict(
        model_type="llama", hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=8192),
    "qwen2.5-0.5b": dict(
        model_type="qwen2", hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14,
        num_key_value_heads=2, tie_word_embeddings=True, max_position_embeddings=32768, vocab_size=151936),
    "tiny-49k": dict(
        model_type="llama", hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True, max_position_embeddings=2048),
}

# name: shape, prompt and answer tokens, pairs a step, whether the reference is cached
CASES = {
    "256/256/256": ("smollm2-135m", 256, 256, 2, False),
    "256/256/256 cached": ("smollm2-135m", 256, 256, 2, True),
    "512/128/128": ("smollm2-135m", 512, 128, 2, False),
    "512/128/128 cached": ("smollm2-135m", 512, 128, 2, True),
    "tiny, 49k vocabulary": ("tiny-49k", 128, 128, 2, False),
}


def make_model(shape, tokenizer, folder):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    tokens = AutoTokenizer.from_pretrained(tokenizer)
    options = dict(SHAPES[shape])
    options.setdefault("vocab_size", len(tokens))
    config = AutoConfig.for_model(**options, bos_token_id=None, eos_token_id=tokens.eos_token_id)
    AutoModelForCausalLM.from_config(config).to(torch.bfloat16).save_pretrained(folder)
    tokens.save_pretrained(folder)


def make_pairs(model, prompt, answer, count, path):
    """Texts of exactly so many tokens: words that are one token each, an end-of-text closes an answer."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [
        text for text in (tokenizer.decode([i]) for i in range(min(len(tokenizer), 20000)))
        if text.startswith(" ") and len(text) > 3 and all(c in letters for c in text[1:])
    ]
    words = [word for word in words if len(tokenizer.encode(word, add_special_tokens=False)) == 1][:2000]
    generator = random.Random(0)

    def text(tokens):
        return "".join(generator.choice(words) for _ in range(tokens))

    with open(path, "w") as file:
        for _ in range(count):
            file.write(json.dumps({"prompt": text(prompt), "chosen": text(answer - 1), "rejected": text(answer - 1)}) + "\n")


def run(command):
    """Standard output, seconds and peak resident bytes of a command that must succeed."""
    before = time.perf_counter()
    peak = 0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        process = subprocess.Popen(command, stdout=out, stderr=error)
        # Not the usage that wait4 returns: a child's begins with the size of the process that started it.
        while process.poll() is None:
            peak = max(peak, resident_peak(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - before
        out.seek(0), error.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{error.read().decode()}{out.read().decode()}")
        return out.read().decode(), seconds, peak


def resident_peak(process):
    """The high-water mark of a running process's resident set, in bytes; 0 once it is gone."""
    try:
        with open(f"/proc/{process}/status") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def penchant(program, model, data, pairs, steps, cache, folder, extra=()):
    shutil.rmtree(folder, ignore_errors=True)
    _, seconds, peak = run([
        program, "tune", "--model", model, "--data", data, "--output", folder, "--batch-size", str(pairs),
        "--max-steps", str(steps), "--epochs", "1000", "--prompt-format", "raw", "--on-mismatch", "split",
        "--no-shuffle", "--holdout", "0", "--sample-prompts", "none", "--schedule", "constant", "--learning-rate", "1e-5",
        "--reference-cache", cache or "off", *extra])
    lines = [json.loads(line) for line in open(os.path.join(folder, "metrics.jsonl"))]
    return [line["step_seconds"] for line in lines if "step_seconds" in line], peak, seconds


def trl(model, data, pairs, steps, cached, max_length=1024):
    out, seconds, _ = run([
        sys.executable, os.path.join(HERE, "trl_step.py"), "--model", model, "--data", data, "--pairs", str(pairs),
        "--steps", str(steps), "--max-length", str(max_length)] + (["--cached"] if cached else []))
    result = json.loads(out.strip().splitlines()[-1])
    return result["step_seconds"], result["peak_bytes"], seconds


def peak_flops(program):
    out, _, _ = run([program, "bench", "--kernels-only", "--shape", "tiny", "--repeats", "1", "--json"])
    return json.loads(out)["peak_flops"]["bfloat16"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the penchant executable")
    parser.add_argument("--tokenizer", required=True, help="folder with a tokenizer of about 49,000 entries")
    parser.add_argument("--pairs", help="JSONL or JSON of real pairs for the case from the command line to the end")
    parser.add_argument("--pairs-tokenizer", help="tokenizer folder of that case's Qwen2.5-0.5B shape")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4, help="steps of each run; the first is left out")
    parser.add_argument("--case", action="append", help="only these cases")
    parser.add_argument("--output", help="JSON of all figures")
    a = parser.parse_args()

    program = os.path.abspath(a.program)
    results = {
        "command": " ".join(
            ["side_by_side.py", f"--rounds {a.rounds}", f"--steps {a.steps}"] + [f'--case "{name}"' for name in a.case or []]
            + (["--pairs FILE"] if a.pairs else [])),
        "versions": {name: importlib.metadata.version(name) for name in ("trl", "peft", "transformers", "torch")}
        | {"penchant": run([program, "--version"])[0].strip()},
        "machine": next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "")
        + f", {os.cpu_count()} processors",
        "peak_flops": peak_flops(program), "cases": {},
    }
    work = tempfile.mkdtemp()
    models = {}
    for name, (shape, prompt, answer, pairs, cached) in CASES.items():
        if a.case and name not in a.case:
            continue
        if shape not in models:
            models[shape] = os.path.join(work, shape)
            make_model(shape, a.tokenizer, models[shape])
        data = os.path.join(work, "pairs.jsonl")
        make_pairs(models[shape], prompt, answer, pairs * a.steps, data)
        cache = os.path.join(work, "cache") if cached else None
        if cached:  # fills the cache, so that every step that is timed finds its reference
            penchant(program, models[shape], data, pairs, a.steps, cache, os.path.join(work, "run"))
        ours, theirs, our_peak, their_peak = [], [], 0, 0
        for _ in range(a.rounds):
            seconds, peak, _ = penchant(program, models[shape], data, pairs, a.steps, cache, os.path.join(work, "run"))
            ours, our_peak = ours + seconds[1:], max(our_peak, peak)
            seconds, peak, _ = trl(models[shape], data, pairs, a.steps, cached)
            theirs, their_peak = theirs + seconds[1:], max(their_peak, peak)
        report(results, name, ours, theirs, our_peak, their_peak)
    if a.pairs and (not a.case or "end to end" in a.case):
        end_to_end(a, program, work, results)
    if a.output:
        with open(a.output, "w") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
    shutil.rmtree(work)


def report(results, name, ours, theirs, our_peak, their_peak):
    ratio = statistics.median(theirs) / statistics.median(ours)
    results["cases"][name] = {
        "penchant_seconds": ours, "trl_seconds": theirs, "penchant_median": statistics.median(ours),
        "trl_median": statistics.median(theirs), "ratio": ratio, "penchant_peak_bytes": our_peak,
        "trl_peak_bytes": their_peak,
    }
    print(
        f"{name}: {statistics.median(ours):.2f} s, TRL {statistics.median(theirs):.2f} s: {ratio:.1f} times as fast; "
        f"{our_peak / 1e6:.0f} MB, TRL {their_peak / 1e6:.0f} MB", flush=True)


def end_to_end(a, program, work, results):
    """Sixteen real pairs, two a step, from typing the command to its end."""
    model, data = os.path.join(work, "qwen"), os.path.join(work, "real.jsonl")
    make_model("qwen2.5-0.5b", a.pairs_tokenizer or a.tokenizer, model)
    text = open(a.pairs).read()
    rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    with open(data, "w") as file:
        for row in rows[:16]:
            if "conversations" in row:  # LLaMA-Factory's shape
                prompt = row["conversations"][0]["value"]
                chosen, rejected = row["chosen"]["value"], row["rejected"]["value"]
            else:
                prompt, chosen, rejected = row["prompt"], row["chosen"], row["rejected"]
            file.write(json.dumps({"prompt": prompt, "chosen": " " + chosen, "rejected": " " + rejected}) + "\n")
    ours, theirs, our_peak, their_peak = [], [], 0, 0
    for _ in range(a.rounds):
        _, peak, seconds = penchant(
            program, model, data, 2, 8, None, os.path.join(work, "run"),
            ("--max-length", "1024", "--truncation", "keep-start"))
        ours, our_peak = ours + [seconds], max(our_peak, peak)
        _, peak, seconds = trl(model, data, 2, 8, False)
        theirs, their_peak = theirs + [seconds], max(their_peak, peak)
    report(results, "end to end", ours, theirs, our_peak, their_peak)


if __name__ == "__main__":
    main()
