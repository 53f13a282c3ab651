"""Transformers + PEFT with the DPO loss written out, on one NVIDIA GPU: pairs a second and memory, as one JSON object.

    python3 Benchmarks/gpu_peer.py --shape llama-3.1-8b --shape qwen2.5-0.5b --output peer.json
    python3 Benchmarks/gpu_peer.py --check --device cpu

The yardstick for `penchant bench --device cuda` where TRL is not installed: what TRL's DPOTrainer computes, without its
overhead, and with every setting that makes it faster and changes no result:

- bfloat16 weights; a bfloat16 adapter with float32 masters, so that no layer casts its input (PEFT's default, a float32
  adapter under autocast, is slower); fused AdamW on the adapter alone;
- chosen and rejected in one right-padded batch without an attention mask, which causal attention does not need, so that
  PyTorch runs its flash or cuDNN kernel, whichever is faster;
- logits for completion rows only, kept once in bfloat16, normalised in float32 chunk by chunk;
- no gradient checkpointing; the smallest micro-batch within 1 % of the fastest of those that fit.

Weights and token ids are random and made on the device: times do not depend on them, and nothing is read or fetched.
"""
import argparse
import contextlib
import gc
import importlib.metadata
import json
import math
import os
import statistics
import sys
import time

os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AutoConfig, AutoModelForCausalLM

SHAPES = {
    "llama-3.1-8b": dict(
        model_type="llama", vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32,
        num_attention_heads=32, num_key_value_heads=8, tie_word_embeddings=False, max_position_embeddings=131072,
        rms_norm_eps=1e-5,
        rope_parameters=dict(
            rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=8192)),
    "qwen2.5-0.5b": dict(
        model_type="qwen2", vocab_size=151936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24,
        num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True, max_position_embeddings=32768,
        rms_norm_eps=1e-6, rope_parameters=dict(rope_type="default", rope_theta=1e6)),
    "tiny": dict(
        model_type="llama", vocab_size=300, hidden_size=48, intermediate_size=80, num_hidden_layers=2,
        num_attention_heads=3, num_key_value_heads=1, tie_word_embeddings=True, max_position_embeddings=2048,
        rms_norm_eps=1e-5, rope_parameters=dict(rope_type="default", rope_theta=1e4)),
}
# Pairs computed together, from the largest that one could hope for down.
MICRO_BATCHES = {"llama-3.1-8b": [24, 16, 8, 4, 2, 1], "qwen2.5-0.5b": [96, 64, 32, 16, 8], "tiny": [8, 4]}
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RANK, ALPHA, BETA = 16, 32, 0.1
CHUNK_BYTES = 1 << 28


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


class LogProbabilities(torch.autograd.Function):
    """log p of `labels` under softmax(hidden · weightᵀ), weight frozen: (rows, d), (V, d), (rows) → (rows), float32.

    Keeps the logits once, in the type of `hidden`; float32 exists for one chunk of rows at a time.
    """

    @staticmethod
    def forward(context, hidden, weight, labels):
        logits = hidden @ weight.T
        logsumexp = torch.empty(len(labels), dtype=torch.float32, device=hidden.device)
        for rows in chunks(logits):
            logsumexp[rows] = torch.logsumexp(logits[rows].float(), dim=-1)
        chosen = logits.gather(1, labels[:, None]).squeeze(1).float()
        context.save_for_backward(logits, logsumexp, weight, labels)
        return chosen - logsumexp

    @staticmethod
    def backward(context, gradient):
        logits, logsumexp, weight, labels = context.saved_tensors
        hidden = torch.empty(len(labels), weight.shape[1], dtype=weight.dtype, device=weight.device)
        for rows in chunks(logits):
            part = gradient[rows, None]
            slope = torch.exp_(logits[rows].float().sub_(logsumexp[rows, None])).mul_(-part)
            slope.scatter_add_(1, labels[rows, None], part)
            hidden[rows] = slope.to(weight.dtype) @ weight
        return hidden, None, None


def chunks(logits):
    step = max(1, CHUNK_BYTES // (4 * logits.shape[1]))
    return (slice(start, start + step) for start in range(0, len(logits), step))


class Pairs:
    """Random token ids: (pairs, prompt + longest answer) of the chosen, the same of the rejected, lengths of each."""

    def __init__(self, count, vocabulary, lengths, device, seed=1):
        prompt, chosen, rejected = lengths
        generator = torch.Generator(device=device).manual_seed(seed)
        width = max(chosen, rejected)
        shared = torch.randint(0, vocabulary, (count, prompt), generator=generator, device=device)
        self.prompt, self.lengths = prompt, (chosen, rejected)
        # Answers shorter than the width are padded on the right with whatever: nothing that counts sees it.
        self.ids = [
            torch.cat([shared, torch.randint(0, vocabulary, (count, width), generator=generator, device=device)], dim=1)
            for _ in range(2)
        ]
        self.width = width

    def batch(self, pairs):
        """Chosen then rejected of these pairs, (2 · pairs, tokens), and which answer columns count."""
        ids = torch.cat([ids[pairs] for ids in self.ids])
        column = torch.arange(self.width, device=ids.device)
        length = torch.tensor(self.lengths, device=ids.device).repeat_interleave(len(ids) // 2)
        return ids, column < length[:, None]


class Peer:
    """A model with its adapter, its optimizer and the loss."""

    def __init__(self, shape, device, dtype):
        torch.manual_seed(0)
        options = dict(SHAPES[shape])
        self.config = AutoConfig.for_model(options.pop("model_type"), **options, bos_token_id=None, eos_token_id=None)
        with torch.device(device):
            model = AutoModelForCausalLM.from_config(self.config, dtype=dtype, attn_implementation="sdpa")
        adapter = LoraConfig(
            r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM", target_modules=LINEARS)
        self.model = get_peft_model(model, adapter, autocast_adapter_dtype=False).to(device).train()
        self.causal = self.model.get_base_model()
        self.device = device
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        for parameter in self.parameters:
            # Of another type than the weights, it would make every layer cast its input.
            parameter.data = parameter.data.to(dtype)
        self.masters = [p.detach().float().clone() for p in self.parameters]
        self.optimizer = torch.optim.AdamW(self.masters, lr=1e-5, weight_decay=0.0, fused=True)

    def log_probabilities(self, ids, counts, prompt):
        """Sum of log p over each row's answer: (rows)."""
        hidden = self.causal.model(input_ids=ids, use_cache=False).last_hidden_state
        width = counts.shape[1]
        wanted = hidden[:, prompt - 1 : prompt - 1 + width].reshape(-1, hidden.shape[-1])
        each = LogProbabilities.apply(wanted, self.causal.lm_head.weight, ids[:, prompt:].reshape(-1))
        return (each.view(counts.shape) * counts).sum(1)

    def reference(self, ids, counts, prompt):
        with torch.no_grad(), self.model.disable_adapter():
            return self.log_probabilities(ids, counts, prompt)

    def loss(self, pairs, which, reference=None):
        """Sum of −log σ(β · margin) over these pairs; `reference` holds all pairs' cached sums."""
        ids, counts = pairs.batch(which)
        if reference is None:
            theirs = self.reference(ids, counts, pairs.prompt)
        else:
            theirs = torch.cat([part[which] for part in reference])
        ratio = self.log_probabilities(ids, counts, pairs.prompt) - theirs
        chosen, rejected = ratio.chunk(2)
        return -F.logsigmoid(BETA * (chosen - rejected)).sum()

    def cached(self, pairs, micro):
        parts = [self.reference(*pairs.batch(which), pairs.prompt).chunk(2) for which in slices(len(pairs.ids[0]), micro)]
        return [torch.cat(side) for side in zip(*parts)]

    def accumulate(self, pairs, micro, reference=None):
        """Gradient of the mean loss of all pairs, and the loss."""
        count, total = len(pairs.ids[0]), 0.0
        for which in slices(count, micro):
            loss = self.loss(pairs, which, reference) / count
            loss.backward()
            total = total + loss.detach()
        return total

    def step(self, pairs, micro, reference=None):
        loss = self.accumulate(pairs, micro, reference)
        for master, parameter in zip(self.masters, self.parameters):
            master.grad = parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, 1.0, foreach=True)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, self.masters)
        return loss


def slices(count, size):
    return [slice(start, min(count, start + size)) for start in range(0, count, size)]


# Work and peak, counted.

def flop_per_pair(config, lengths, shared, cached):
    """The bill of PERFORMANCE.md section 1 for frozen weights: with the prompt once a pair, or twice as the peer has it."""
    prompt, chosen, rejected = lengths
    d, ff, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    size = getattr(config, "head_dim", None) or d // config.num_attention_heads
    q, kv = size * config.num_attention_heads, size * config.num_key_value_heads
    shapes = [(d, q), (d, kv), (d, kv), (q, d), (d, ff), (d, ff), (ff, d)]
    linear = layers * sum(a * b for a, b in shapes)
    adapter = layers * RANK * sum(a + b for a, b in shapes)
    width = max(chosen, rejected)
    if shared:
        tokens, rows = prompt + chosen + rejected, chosen + rejected
        keys = triangle(prompt) + sum(prompt * n + triangle(n) for n in (chosen, rejected))
    else:
        tokens, rows, keys = 2 * (prompt + width), 2 * width, 2 * triangle(prompt + width)
    passes = 2 if cached else 3
    return {
        "tokens": tokens,
        "linears": 2 * passes * linear * tokens,
        "attention": (14 if cached else 18) * keys * q * layers,
        "adapter": 6 * adapter * tokens,
        "head": 2 * passes * config.vocab_size * d * rows,
    }


def triangle(n):
    return n * (n + 1) // 2


def total(bill):
    return sum(value for name, value in bill.items() if name != "tokens")


def matrix_rate(device, size, seconds=1.5):
    """FLOP/s of a bfloat16 product of two random size × size matrices: the median of groups of products."""
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    out = torch.empty_like(left)
    group = 10 if device.type == "cuda" else 1
    rates, end = [], time.perf_counter() + seconds
    while len(rates) < 4 or time.perf_counter() < end:
        synchronize(device)
        start = time.perf_counter()
        for _ in range(group):
            torch.mm(left, right, out=out)
        synchronize(device)
        rates.append(group * 2 * size**3 / (time.perf_counter() - start))
    return statistics.median(rates[1:])


# Measuring.

def clear(device):
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def memory(device):
    """Peak bytes of tensors and of the allocator since `clear`, and what the process holds on the device beside it."""
    if device.type != "cuda":
        return {}
    free, whole = torch.cuda.mem_get_info()
    return {
        "peak_allocated_bytes": torch.cuda.max_memory_allocated(),
        "peak_reserved_bytes": torch.cuda.max_memory_reserved(),
        "outside_allocator_bytes": whole - free - torch.cuda.memory_reserved(),
    }


def timed(device, body):
    synchronize(device)
    start = time.perf_counter()
    body()
    synchronize(device)
    return time.perf_counter() - start


def backends(device):
    """The attention kernels to choose from; on the CPU there is no choice."""
    if device.type != "cuda":
        return {"default": None}
    return {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}


def using(backend):
    return contextlib.nullcontext() if backend is None else sdpa_kernel(backend)


def micro_batch_seconds(peer, pairs, deadline):
    """The faster of two warm gradients of these pairs in one micro-batch, after one that is not timed."""
    run = lambda: peer.accumulate(pairs, len(pairs.ids[0]))  # noqa: E731
    run()
    best = math.inf
    for _ in range(2):
        best = min(best, timed(peer.device, run))
        if time.perf_counter() > deadline:
            break
    peer.model.zero_grad(set_to_none=True)
    return best


def search(peer, shape, a, deadline):
    """Tries micro-batches from large to small; returns what each gave and the one to use."""
    rows = []
    for micro in a.micro or MICRO_BATCHES[shape]:
        if rows and time.perf_counter() > deadline:
            say("  the search's time is used up")
            break
        clear(peer.device)
        try:
            seconds = micro_batch_seconds(peer, Pairs(micro, peer.config.vocab_size, a.lengths, peer.device), deadline)
        except torch.OutOfMemoryError:
            peer.model.zero_grad(set_to_none=True)
            say(f"  {micro} pairs together: out of memory")
            rows.append({"micro_pairs": micro, "out_of_memory": True})
            continue
        rows.append({"micro_pairs": micro, "pairs_per_second": micro / seconds, **memory(peer.device)})
        say(f"  {micro} pairs together: {micro / seconds:.2f} pairs/s {gigabytes(rows[-1])}")
        best = max(row.get("pairs_per_second", 0) for row in rows)
        if rows[-1]["pairs_per_second"] < 0.95 * best:
            break
    fitting = [row for row in rows if "pairs_per_second" in row]
    if not fitting:
        raise SystemExit(f"{shape}: not even the smallest micro-batch fits")
    best = max(row["pairs_per_second"] for row in fitting)
    return rows, min(row["micro_pairs"] for row in fitting if row["pairs_per_second"] > 0.99 * best)


def gigabytes(row):
    return f"({row['peak_allocated_bytes'] / 1e9:.1f} GB)" if "peak_allocated_bytes" in row else ""


def attention_backend(peer, micro, a, deadline):
    """Seconds of each attention kernel for a micro-batch, and the name of the faster."""
    seconds = {}
    pairs = Pairs(micro, peer.config.vocab_size, a.lengths, peer.device)
    for name, backend in backends(peer.device).items():
        try:
            with using(backend):
                seconds[name] = micro_batch_seconds(peer, pairs, deadline)
        except RuntimeError as problem:  # also what running out of memory raises
            peer.model.zero_grad(set_to_none=True)
            say(f"  attention with {name}: {str(problem).splitlines()[0]}")
        clear(peer.device)
    if not seconds:
        return None, {}
    return min(seconds, key=seconds.get), seconds


def figure(peer, micro, a, cached, peak, deadline):
    """Warm optimizer steps: the median's pairs a second, and the peak of memory."""
    clear(peer.device)
    count = micro * max(1, round(a.pairs / micro))
    pairs = Pairs(count, peer.config.vocab_size, a.lengths, peer.device)
    reference = peer.cached(pairs, micro) if cached else None
    seconds, losses = [], []
    for index in range(a.warm_up + a.steps):
        if seconds and time.perf_counter() > deadline:
            break
        took = timed(peer.device, lambda: losses.append(peer.step(pairs, micro, reference)))
        if index >= a.warm_up:
            seconds.append(took)
    speed = count / statistics.median(seconds)
    result = {
        "pairs_per_second": speed, "step_pairs": count, "micro_pairs": micro, "step_seconds": seconds,
        "losses": [float(loss) for loss in losses], **memory(peer.device),
    }
    for name, shared in (("own", False), ("shared_prompt", True)):
        bill = flop_per_pair(peer.config, a.lengths, shared, cached)
        result[f"flop_per_pair_{name}"] = {**bill, "total": total(bill)}
        result[f"share_of_matrix_rate_{name}"] = total(bill) * speed / peak
    say(
        f"  {'reference cached' if cached else 'first epoch'}: {speed:.2f} pairs/s, "
        f"{result['share_of_matrix_rate_own']:.0%} of the matrix rate on its own tokens {gigabytes(result)}")
    return result


def fitting_figure(peer, micro, a, cached, peak, deadline):
    """A figure with this micro-batch, or with half of it where the optimizer's memory leaves too little."""
    while True:
        try:
            return figure(peer, micro, a, cached, peak, deadline)
        except torch.OutOfMemoryError:
            if micro == 1:
                raise
        # Out here, where the failed attempt's frames hold nothing any more.
        peer.model.zero_grad(set_to_none=True)
        say(f"  {micro} pairs together: out of memory in a whole step")
        micro //= 2


def compile_layers(peer):
    """One compilation serves all layers: they are the same code."""
    torch._dynamo.config.cache_size_limit = 64
    for layer in peer.causal.model.layers:
        layer.compile()


def measure(shape, a, device, peak, save):
    say(f"{shape}, {'/'.join(map(str, a.lengths))} tokens")
    end = time.perf_counter() + a.seconds
    clear(device)
    peer = Peer(shape, device, torch.bfloat16)
    synchronize(device)
    say("  weights made")
    result = {"shape": shape, "tokens": a.lengths}
    save(result)
    result["search"], micro = search(peer, shape, a, time.perf_counter() + 0.4 * (end - time.perf_counter()))
    backend, result["attention_seconds"] = attention_backend(peer, micro, a, end)
    result["attention"] = backend
    save(result)
    kernel = using(backends(device).get(backend))
    with kernel:
        for cached in (False, True):
            result["cached" if cached else "first_epoch"] = fitting_figure(peer, micro, a, cached, peak, end)
            save(result)
        if a.compile:
            start = time.perf_counter()
            result["compiled"] = {}
            try:
                compile_layers(peer)
                for cached in (False, True):
                    name = "cached" if cached else "first_epoch"
                    result["compiled"][name] = fitting_figure(peer, micro, a, cached, peak, end + a.compile_seconds)
                    save(result)
            except Exception as problem:  # a variant that fails must not take the figures with it
                result["compiled"]["error"] = f"{type(problem).__name__}: {problem}"[:500]
                say(f"  compiled: {result['compiled']['error']}")
            result["compiled"]["seconds_in_all"] = time.perf_counter() - start
            save(result)


# The check: the same loss and gradient from a plain implementation, one sequence at a time.

def plain_gradient(peer, pairs):
    """Mean loss and adapter gradients, from whole logits of one unpadded sequence at a time."""

    def log_probability(ids):
        logits = peer.model(input_ids=ids[None]).logits[0, pairs.prompt - 1 : -1]
        return F.log_softmax(logits.float(), dim=-1).gather(1, ids[pairs.prompt :, None]).sum()

    loss = 0.0
    for index in range(len(pairs.ids[0])):
        chosen, rejected = (ids[index, : pairs.prompt + n] for ids, n in zip(pairs.ids, pairs.lengths))
        with torch.no_grad(), peer.model.disable_adapter():
            theirs = log_probability(chosen) - log_probability(rejected)
        margin = BETA * (log_probability(chosen) - log_probability(rejected) - theirs)
        loss = loss - F.logsigmoid(margin) / len(pairs.ids[0])
    loss.backward()
    return float(loss.detach()), taken_gradients(peer)


def taken_gradients(peer):
    gradients = [parameter.grad.clone() for parameter in peer.parameters]
    peer.model.zero_grad(set_to_none=True)
    return gradients


def check(device):
    """Compares with the plain implementation before and after a step, in float32. Raises where they part."""
    peer = Peer("tiny", device, torch.float32)
    worst = 0.0
    for number, lengths in enumerate([(24, 11, 11), (17, 9, 14)] * 2):
        pairs = Pairs(5, peer.config.vocab_size, lengths, device, seed=number)
        expected, gradients = plain_gradient(peer, pairs)
        reference = peer.cached(pairs, 3)
        for micro, cache in ((5, None), (2, None), (3, reference)):
            loss = float(peer.accumulate(pairs, micro, cache))
            apart = [abs(loss - expected) / abs(expected)]
            for own, theirs in zip(taken_gradients(peer), gradients):
                apart.append(float((own - theirs).norm() / max(float(theirs.norm()), 1e-6)))
            worst = max(worst, *apart)
            assert max(apart) < 1e-4, f"{lengths}, micro-batch {micro}: off by {max(apart):.2e}"
        if number == 0:
            assert abs(expected - math.log(2)) < 1e-6, f"the loss before the first step is {expected}, not log 2"
        # Large enough that policy and reference part.
        peer.optimizer.param_groups[0]["lr"] = 1e-2
        peer.step(pairs, 5)
    assert abs(expected - math.log(2)) > 1e-3, "the steps changed nothing"
    say(f"check: loss and adapter gradients equal the plain implementation's, off by {worst:.1e} at most")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=SHAPES, help="can be given more than once")
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--chosen-tokens", type=int, default=128)
    parser.add_argument("--rejected-tokens", type=int, default=128)
    parser.add_argument("--pairs", type=int, default=16, help="pairs of an optimizer step, rounded to whole micro-batches")
    parser.add_argument("--micro", type=int, action="append", help="only these micro-batches, in this order")
    parser.add_argument("--warm-up", type=int, default=2, help="steps that are not timed")
    parser.add_argument("--steps", type=int, default=4, help="timed steps")
    parser.add_argument("--seconds", type=float, default=45, help="at most about this long for each shape")
    parser.add_argument("--compile", action="store_true", help="then once more with torch.compile of each layer")
    parser.add_argument("--compile-seconds", type=float, default=90, help="how much longer that may take")
    parser.add_argument("--matrix", type=int, help="side of the product whose rate is measured (8192; on a CPU 512)")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--check", action="store_true", help="stop after the comparison with a plain implementation")
    parser.add_argument("--output", help="file for the JSON; standard output without it")
    a = parser.parse_args()
    a.lengths = [a.prompt_tokens, a.chosen_tokens, a.rejected_tokens]
    for name, value in (("tokens", min(a.lengths)), ("pairs", a.pairs), ("steps", a.steps), ("micro", min(a.micro or [1]))):
        if value < 1:
            parser.error(f"{name} must be at least 1")

    device = torch.device(a.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        sys.exit("there is no CUDA device that this PyTorch can use; --device cpu tries the program itself")
    check(device)
    if a.check:
        return
    size = a.matrix or (8192 if device.type == "cuda" else 512)
    results = {
        "command": " ".join(["gpu_peer.py"] + [word for word in sys.argv[1:] if a.output is None or word != a.output]),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")}
        | {"cuda": torch.version.cuda, "python": sys.version.split()[0]},
        "matrix_size": size, "peak_flops": {"bfloat16": matrix_rate(device, size)}, "shapes": {},
    }
    peak = results["peak_flops"]["bfloat16"]
    say(f"{results['device']}: {peak / 1e12:.1f} TFLOP/s in a bfloat16 product of side {size}")

    def save(result):
        """After every figure: a run that is cut off leaves what it has."""
        results["shapes"][result["shape"]] = result
        if a.output:
            with open(a.output + ".part", "w") as file:
                json.dump(results, file, indent=2)
                file.write("\n")
            os.replace(a.output + ".part", a.output)

    for shape in a.shape or ["llama-3.1-8b", "qwen2.5-0.5b"]:
        measure(shape, a, device, peak, save)
    if not a.output:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
