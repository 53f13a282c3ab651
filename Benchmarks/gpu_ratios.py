"""Penchant against its peer on one GPU: a table of ratios from what scripts/check-cuda left in a folder.

    python3 Benchmarks/gpu_ratios.py FOLDER

FOLDER has bench-SHAPE.json of `penchant bench --json` and peer.json of gpu_peer.py, made on the same machine one after
the other. Nothing but Python is needed.
"""
import json
import os
import sys

# What is wanted on one H200, as multiples of the peer's pairs a second: in the first epoch, with the reference cached.
MARKS = {"llama-3.1-8b": (2.0, 3.0), "qwen2.5-0.5b": (3.0, None)}
LEAST_SHARE, MOST_MEMORY = 0.55, 0.60  # of the matrix rate and of the peer's peak, for the first shape


def load(path):
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def verdict(value, mark, at_least=True):
    if mark is None:
        return ""
    met = value >= mark if at_least else value <= mark
    return f"{'meets' if met else 'misses'} {'≥' if at_least else '≤'} {mark:g}"


def peer_figures(shape):
    """The faster of eager and compiled, for each figure."""
    figures = {}
    for name in ("first_epoch", "cached"):
        found = [part[name] for part in (shape, shape.get("compiled", {})) if name in part]
        if found:
            figures[name] = max(found, key=lambda figure: figure["pairs_per_second"])
    return figures


def rows(name, bench, peer, matrix_rate):
    """Lines of the table: what, ours, the peer's, ratio, verdict."""
    step, theirs = bench["step"], peer_figures(peer)
    first, cached = MARKS.get(name, (None, None))
    for key, title, ours, mark in (
        ("first_epoch", "pairs/s, first epoch", step, first), ("cached", "pairs/s, reference cached", step["cached"], cached),
    ):
        if key not in theirs:
            continue
        figure = theirs[key]
        ratio = ours["pairs_per_second"] / figure["pairs_per_second"]
        yield title, f"{ours['pairs_per_second']:.2f}", f"{figure['pairs_per_second']:.2f}", f"{ratio:.2f}", verdict(ratio, mark)
        share = ours["flop"] / ours["seconds"] / matrix_rate
        yield (
            "  of the matrix rate", f"{share:.1%}", f"{figure['share_of_matrix_rate_own']:.1%}", "",
            verdict(share, LEAST_SHARE if name == "llama-3.1-8b" and key == "first_epoch" else None))
    memory = step.get("peak_device_bytes")
    figure = theirs.get("first_epoch", {})
    if memory and "peak_reserved_bytes" in figure:
        # The process's share of the device on both sides: allocator and what the driver and the libraries take beside it.
        other = figure["peak_reserved_bytes"] + figure["outside_allocator_bytes"]
        ratio = memory / other
        yield (
            "GB of the device", f"{memory / 1e9:.1f}", f"{other / 1e9:.1f}", f"{ratio:.2f}",
            verdict(ratio, MOST_MEMORY if name == "llama-3.1-8b" else None, at_least=False))
        tensors = figure["peak_allocated_bytes"]
        yield "  held against its tensors alone", "", f"{tensors / 1e9:.1f}", f"{memory / tensors:.2f}", ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    peer = load(os.path.join(folder, "peer.json"))
    if peer is None:
        sys.exit(f"there is no {folder}/peer.json: the part 'peer' has not run")
    print(f"{peer['device']}; PyTorch {peer['versions']['torch']}, Transformers {peer['versions']['transformers']}, "
          f"PEFT {peer['versions']['peft']}")
    shown = 0
    for name, shape in peer["shapes"].items():
        bench = load(os.path.join(folder, f"bench-{name}.json"))
        if bench is None or "step" not in bench or "first_epoch" not in shape:
            print(f"\n{name}: measured on one side only")
            continue
        if [bench["step"]["prompt_tokens"]] + 2 * [bench["step"]["answer_tokens"]] != shape["tokens"]:
            sys.exit(f"{name}: the two sides had pairs of other lengths")
        # The faster of both matrix products, so that a slow one of ours flatters nobody.
        own, theirs = bench["peak_flops"]["bfloat16"], peer["peak_flops"]["bfloat16"]
        best = shape["first_epoch"]["micro_pairs"]
        print(f"\n{name}, {'/'.join(map(str, shape['tokens']))} tokens; matrix rate {own / 1e12:.0f} here, {theirs / 1e12:.0f} "
              f"TFLOP/s there; {bench['step']['pairs']} pairs in "
              f"{bench['step']['passes']} passes here, micro-batches of {best} there")
        for row in [("", "penchant", "peer", "ratio", "mark"), *rows(name, bench, shape, max(own, theirs))]:
            print("  {:32}{:>12}{:>12}{:>8}  {}".format(*row).rstrip())
        shown += 1
    if not shown:
        sys.exit("no shape has figures of both")


if __name__ == "__main__":
    main()
