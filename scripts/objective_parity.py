"""Values and gradients of every objective by TRL's own trainers, in float64; makes the fixture and docs/PARITY.md.

    python objective_parity.py fixture                      writes Tests/Fixtures/Parity/objectives.json (20 cases each)
    python objective_parity.py table --legacy PYTHON        >= 100 cases each through `swift test`, writes docs/PARITY.md

Run with a Python that has TRL 1.16; PYTHON is one that has TRL 0.24. TRL's loss code runs as it is, on a model that
returns given log-probabilities; where it rounds to float32 in between, that rounding alone is lifted (`lifted`).
"""
import argparse
import inspect
import json
import math
import os
import random
import subprocess
import sys
import textwrap
import types
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "Tests/Fixtures/Parity/objectives.json"
BRANCHES = ("chosen", "rejected", "third")


# ---------------------------------------------------------------- inputs


def branch(generator, tokens, shift=0.0, equal=False, far=None):
    """Log-probabilities of one answer's tokens: policy, reference, and log of the sum of squared probabilities."""
    reference = [-abs(generator.gauss(0, 1.5)) - 0.05 for _ in range(tokens)]
    policy = list(reference) if equal else [min(-1e-3, r + generator.gauss(shift, 0.8)) for r in reference]
    if far is not None:  # rho = far, spread over the tokens
        (policy, reference) = ([-1 - abs(far) / tokens] * tokens, [-1.0] * tokens)
        if far > 0:
            policy, reference = reference, policy
    square = [-abs(generator.gauss(1, 0.5)) for _ in range(tokens)]
    return {"policy": policy, "reference": reference, "square": square}


def make_steps(pairs, seed):
    """Steps of 1 to 4 pairs: random ones first, then the limits."""
    generator = random.Random(seed)
    steps, count = [], 0

    def pair(lengths=None, equal=False, far=None):
        lengths = lengths or [generator.randint(1, 6) for _ in range(3)]
        far = far or (None, None)
        made = {
            "chosen": branch(generator, lengths[0], 0.3, equal, far[0]),
            "rejected": branch(generator, lengths[1], -0.3, equal, far[1]),
            "third": branch(generator, lengths[2], 0.1, equal),
            "prompt": [-abs(generator.gauss(0, 2)) - 0.05 for _ in range(generator.randint(0, 3))],
            "weight": round(generator.uniform(0.1, 3), 3),
            "margin": round(generator.uniform(-1, 2), 3),
            "confidence": round(generator.uniform(0.55, 0.95), 3),
        }
        return made

    while count < pairs - 8:
        size = min(generator.randint(1, 4), pairs - 8 - count)
        steps.append([pair() for _ in range(size)])
        count += size
    steps.append([pair(equal=True), pair(equal=True)])  # policy and reference agree
    steps.append([pair([1, 1, 1]), pair([1, 1, 1])])  # one token each
    steps.append([pair(far=(500.0, -500.0)), pair(far=(-500.0, 500.0))])  # logits of +-100 at beta 0.1
    steps.append([pair(far=(50.0, -50.0)), pair(far=(-50.0, 50.0))])
    return steps


# ---------------------------------------------------------------- variants

BETA = 0.1
FIELD = {"margin": "margin", "confidence": "confidence", "weight": "weight"}


def variant(objective, peer, options=None, fields=(), micro=None, note="", **settings):
    return {
        "objective": objective, "peer": peer, "options": options or {}, "fields": list(fields), "micro": micro,
        "note": note, "settings": settings,
    }


def variants():
    """Every objective and option, with the peer that has it."""
    v = []
    dpo = lambda name, options=None, note="", **s: v.append(variant(name, "trl-1.16 dpo", options, note=note, **s))
    f_divergences = [("forward-kl", None), ("js", None), ("alpha", 0.5), ("alpha", 1.7), ("alpha", -0.3)]
    differences = ["sigmoid", "hinge", "ipo", "robust", "exo_pair", "discopop", "sigmoid_norm"]
    ratios = ["nca_pair", "bco_pair", "sppo_hard", "apo_zero", "apo_down"]
    smooth = {"exo_pair": 1e-3, "robust": 0.1}
    for name in differences + ratios:
        options = {"beta": BETA}
        if name in smooth:
            options["label-smoothing"] = smooth[name]
        if name == "discopop":
            options["tau"] = 0.05
        dpo(name, options)
        if name == "discopop":
            dpo(name, {**options, "tau": 0.3})
        if name in smooth:
            dpo(name, {**options, "label-smoothing": 0.2})
        dpo(name, {**options, "beta": 0.5})
        dpo(name, {**options, "ld-alpha": 0.4})
        dpo(name, {**options, "wpo": True})
        if name in differences:
            for kind, a in f_divergences if name == "sigmoid" else [f_divergences[1], f_divergences[2]]:
                more = {"f-divergence": kind} | ({"f-alpha": a} if a is not None else {})
                lifted = "float32 rounding of the exponential lifted" if kind == "alpha" else ""
                dpo(name, {**options, **more}, note=lifted)
    dpo("sigmoid", {"beta": BETA, "ld-alpha": 0.4, "f-divergence": "js", "wpo": True})
    for name in ("aot", "aot_unpaired"):
        dpo(name, {"beta": BETA})
        dpo(name, {"beta": BETA, "label-smoothing": 0.1})
        dpo(name, {"beta": BETA, "ld-alpha": 0.4})
        v.append(variant(name, "trl-1.16 dpo", {"beta": BETA, "semantics": "trl-1"}, micro=2))
    dpo("sft")
    dpo("sigmoid:1,sft:0.5", {"beta": BETA}, note="RPO")
    dpo("sigmoid:0.8,bco_pair:0.2,sft:1", {"beta": BETA}, note="MPO")
    v.append(variant("sigmoid:1,sft:0.5", "trl-1.16 dpo", {"beta": BETA, "semantics": "trl-1"}, micro=2))
    # Without a reference
    cpo = lambda name, options, **s: v.append(variant(name, "trl-1.16 cpo", options, **s))
    for weight in (0.0, 1.0):
        cpo("cpo", {"beta": BETA, "sft-weight": weight})
        cpo("simpo", {"beta": 2.0, "gamma": 1.0, "sft-weight": weight})
        cpo("alphapo", {"beta": 2.0, "gamma": 1.0, "alpha": 0.25, "sft-weight": weight})
    cpo("cpo", {"beta": BETA, "label-smoothing": 0.1})
    cpo("simpo", {"beta": 2.0, "gamma": 0.3, "label-smoothing": 0.1})
    cpo("alphapo", {"beta": 2.0, "gamma": 0.3, "alpha": -0.5, "label-smoothing": 0.1})
    v.append(variant("orpo", "trl-1.16 orpo", {"beta": BETA}, note="float32 rounding of the odds lifted"))
    v.append(variant("orpo", "trl-1.16 orpo", {"beta": 0.5}, note="float32 rounding of the odds lifted"))
    tpo = lambda name, options: v.append(variant(name, "trl-1.16 tpo", options))
    tpo("tpo", {"beta": 0.01})
    tpo("tpo", {"beta": BETA, "label-smoothing": 0.1, "sft-weight": 0.3})
    tpo("tpo-l", {"beta": 2.0, "gamma": 0.5})
    tpo("tpo-l", {"beta": 2.0, "gamma": 0.1, "label-smoothing": 0.1, "sft-weight": 0.0})
    # Judged answers
    kto = lambda name, options, **s: v.append(variant(name, "trl-1.16 kto", options, **s))
    kto("kto", {"beta": BETA})
    kto("kto", {"beta": 0.5, "desirable-weight": 1.3, "undesirable-weight": 0.7})
    kto("kto", {"beta": BETA, "semantics": "trl-1"}, micro=2)
    kto("apo_zero_unpaired", {"beta": BETA})
    kto("apo_zero_unpaired", {"beta": 0.5, "desirable-weight": 1.3, "undesirable-weight": 0.7})
    # A reward model: the scores are the answers' first figures
    v.append(variant("reward", "trl-1.16 reward"))
    v.append(variant("reward", "trl-1.16 reward", {"center-rewards": 0.01}))
    v.append(variant("reward", "trl-1.16 reward", {"center-rewards": 0.1}, ["margin"]))
    # TRL 0.24
    old = lambda name, options, **s: v.append(variant(name, "trl-0.24", options, **s))
    old("bco", {"beta": BETA}, note="float32 rounding of the running mean lifted")
    old("cdpo", {"beta": BETA, "label-smoothing": 0.1})
    old("sigmoid", {"beta": BETA, "label-smoothing": 0.1, "semantics": "trl-0.24"}, micro=4)
    old("bco_pair", {"beta": BETA, "semantics": "trl-0.24"}, micro=4, note="float32 rounding of the running mean lifted")
    old("sigmoid", {"beta": BETA, "f-divergence": "alpha", "f-alpha": 0.5, "semantics": "trl-0.24"}, micro=4,
        note="exponents cut at 80, not at the dtype's largest")
    old("sigmoid", {"beta": BETA, "f-divergence": "js", "semantics": "trl-0.24"}, micro=4)
    # The paper's formula
    paper = lambda name, options, fields=(): v.append(variant(name, "formula", options, fields))
    paper("dpop", {"beta": BETA, "lambda": 5.0})
    paper("dpop", {"beta": BETA, "lambda": 50.0, "ld-alpha": 0.4})
    paper("r-dpo", {"beta": BETA, "alpha": 0.05})
    paper("ropo", {"beta": BETA, "alpha": 14.0})
    paper("ropo", {"beta": 0.5, "alpha": 2.0})
    for name in ("sigmoid", "hinge", "sigmoid_norm", "robust", "cdpo", "dpop", "r-dpo", "cpo", "simpo"):
        paper(name, {"beta": 0.5}, ["margin"])
    for name in ("cdpo", "robust", "exo_pair", "cpo", "simpo"):
        paper(name, {"beta": 0.5}, ["confidence"])
    paper("sigmoid", {"beta": BETA}, ["weight"])
    paper("sigmoid:1,sft:0.5", {"beta": BETA}, ["weight"])
    return v


# ---------------------------------------------------------------- TRL, called as it is


class Everything:
    """Stands for Accelerate on one process."""

    device = torch.device("cpu")
    use_distributed = False

    def gather(self, value):
        return value

    gather_for_metrics = gather


def lifted(function, *changes):
    """A trainer's method with the given pieces of text replaced."""
    function = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in changes:
        if old not in source:
            raise SystemExit(f"{function.__qualname__} has no {old!r}")
        source = source.replace(old, new)
    scope = dict(function.__globals__)
    exec(source, scope)
    return scope[function.__name__]


def padded(rows):
    width = max(len(row) for row in rows)
    values = torch.zeros(len(rows), width)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for index, row in enumerate(rows):
        values[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = 1
    return values, mask


def unpadded(gradient, rows):
    gradient = torch.zeros(len(rows), max(map(len, rows))) if gradient is None else gradient
    return [gradient[index, : len(row)].tolist() for index, row in enumerate(rows)]


class Given(torch.nn.Module):
    """A model that gives what it was made with, whatever it is asked."""

    training = True
    is_gradient_checkpointing = False

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, *arguments, **options):
        return self.answer(*arguments, **options)


def outputs(log_probs, square=None):
    zeros = torch.zeros_like(log_probs)
    return types.SimpleNamespace(
        log_probs=log_probs, log_sum_sq_probs=zeros if square is None else square, entropy=zeros.detach(),
        mean_logits=zeros.detach(), is_top1=zeros.bool(), aux_loss=None,
    )


def two_token_logits(log_probs):
    """Logits over two tokens whose first has the given log-probability (normalised, so the gradient passes as it is)."""
    other = torch.where(log_probs < -0.6931471805599453, torch.log1p(-torch.exp(log_probs)), torch.log(-torch.expm1(log_probs)))
    return torch.stack([log_probs, other], dim=-1)


def trl_dpo(case, step):
    from trl.trainer.dpo_trainer import DPOTrainer

    options = case["options"]
    kind = options.get("f-divergence", "reverse-kl")
    compute = DPOTrainer._compute_loss
    if kind == "alpha":
        compute = lifted(compute, ("torch.float32: 80.0}", "torch.float32: 80.0, torch.float64: 80.0}"),
                         ("t_chosen.float()", "t_chosen"), ("t_rejected.float()", "t_rejected"))
    rows = [p["chosen"] for p in step] + [p["rejected"] for p in step]
    policy, mask = padded([r["policy"] for r in rows])
    policy.requires_grad_(True)
    reference, _ = padded([r["reference"] for r in rows])
    square, _ = padded([r["square"] for r in rows])
    ones = torch.zeros(len(rows), 1, dtype=torch.int64)
    completion = torch.cat([ones, mask], 1)
    terms = [term.split(":") for term in case["objective"].split(",")]
    wpo = options.get("wpo", False)
    trainer = types.SimpleNamespace(
        accelerator=Everything(), model=Given(None), ref_model=Given(lambda **_: outputs(reference * mask)),
        aux_loss_enabled=False, ld_alpha=options.get("ld-alpha"), precompute_ref_logps=False,
        f_divergence_type={"reverse-kl": "reverse_kl", "forward-kl": "forward_kl", "js": "js_divergence",
                           "alpha": "alpha_divergence"}[kind],
        f_alpha_divergence_coef=options.get("f-alpha", 0.5), loss_types=[t[0] for t in terms],
        loss_weights=[float(t[1]) if len(t) > 1 else 1.0 for t in terms], beta=options.get("beta", BETA),
        label_smoothing=options.get("label-smoothing", 0.0), use_weighting=wpo,
        args=types.SimpleNamespace(discopop_tau=options.get("tau", 0.05), gradient_checkpointing_kwargs=None),
        _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )
    inputs = {"input_ids": torch.zeros_like(completion), "attention_mask": torch.ones_like(completion),
              "completion_mask": completion}
    model = Given(lambda **_: outputs(policy * mask, square))
    try:
        loss = compute(trainer, model, inputs, False)
        loss.backward()
    except RuntimeError as error:  # WPO's in-place product spoils what some losses keep for backward
        if not wpo or "inplace" not in str(error):
            raise
        case["note"] = "TRL itself stops in backward (in-place product); written out of place here"
        compute = lifted(compute, ("per_sequence_loss *= ", "per_sequence_loss = per_sequence_loss * "))
        policy.grad = None
        loss = compute(trainer, model, inputs, False)
        loss.backward()
    gradient = unpadded(policy.grad, [r["policy"] for r in rows])
    size = len(step)
    return loss.item(), [{"chosen": gradient[i], "rejected": gradient[size + i]} for i in range(size)]


def judged(step):
    """Rows with one answer: the chosen of the even pairs, the rejected of the odd ones."""
    return [(p["chosen" if i % 2 == 0 else "rejected"], i % 2 == 0) for i, p in enumerate(step)]


def trl_kto(case, step):
    from trl.trainer.kto_trainer import KTOTrainer

    options, rows = case["options"], judged(step)
    policy, mask = padded([r["policy"] for r, _ in rows])
    policy.requires_grad_(True)
    reference, _ = padded([r["reference"] for r, _ in rows])
    other, other_mask = padded([p["third"]["policy"] for p in step])
    other_reference, _ = padded([p["third"]["reference"] for p in step])
    zero = torch.zeros(len(rows), 1, dtype=torch.int64)
    full, kl = torch.cat([zero, mask], 1), torch.cat([zero, other_mask], 1)

    def model(own, mismatched):
        def answer(input_ids, **_):
            is_other = bool((input_ids == 7).all())
            return outputs(mismatched * other_mask if is_other else own * mask)

        return Given(answer)

    trainer = types.SimpleNamespace(
        accelerator=Everything(), model=model(policy, other), ref_model=model(reference, other_reference),
        aux_loss_enabled=False, precompute_ref_logps=False, calculate_KL=case["objective"] == "kto",
        loss_type=case["objective"], beta=options["beta"], desirable_weight=options.get("desirable-weight", 1.0),
        undesirable_weight=options.get("undesirable-weight", 1.0), _metrics={"train": defaultdict(list)},
        args=types.SimpleNamespace(gradient_checkpointing_kwargs=None), _total_train_tokens=0, _tp_size=1,
    )
    trainer._compute_kl_logps = lambda m, b: KTOTrainer._compute_kl_logps(trainer, m, b)
    inputs = {
        "input_ids": torch.zeros_like(full), "attention_mask": torch.ones_like(full), "completion_mask": full,
        "KL_input_ids": torch.full_like(kl, 7), "KL_attention_mask": torch.ones_like(kl), "KL_completion_mask": kl,
        "label": torch.tensor([liked for _, liked in rows]),
    }
    loss = KTOTrainer._compute_loss(trainer, trainer.model, inputs, False)
    loss.backward()
    gradient = unpadded(policy.grad, [r["policy"] for r, _ in rows])
    return loss.item(), [
        {("chosen" if liked else "rejected"): gradient[i]} for i, (_, liked) in enumerate(rows)
    ]


def concatenated(rows, prompts):
    """Ids, labels and attention of prompt + answer; every answer token has id 0, what precedes it id 1."""
    width = max(1 + len(p) + len(r) for p, r in zip(prompts, rows))
    ids = torch.ones(len(rows), width, dtype=torch.int64)
    labels = torch.full_like(ids, -100)
    attention = torch.zeros_like(ids)
    for index, (prompt, row) in enumerate(zip(prompts, rows)):
        length = 1 + len(prompt) + len(row)
        attention[index, :length] = 1
        ids[index, 1:length] = 0
        labels[index, 1 + len(prompt) : length] = 0
    return ids, labels, attention


def trl_reference_free(case, step, trainer, extra):
    """CPO's and ORPO's trainers, through their whole loss, on logits over two tokens."""
    prompts = [p["prompt"] for p in step]
    none = [[] for _ in step]
    leaves = [torch.tensor(p["prompt"] + p["chosen"]["policy"], requires_grad=True) for p in step]
    leaves += [torch.tensor(p["rejected"]["policy"], requires_grad=True) for p in step]
    batch = {}
    for side, before in (("chosen", prompts), ("rejected", none)):
        ids, labels, attention = concatenated([p[side]["policy"] for p in step], before)
        batch |= {f"{side}_input_ids": ids, f"{side}_labels": labels, f"{side}_attention_mask": attention}

    def model(input_ids, **_):
        filled = torch.full(input_ids.shape, -1.0)
        rows = torch.stack([
            torch.cat([leaf, filled[0, : input_ids.shape[1] - len(leaf)]]) for leaf in leaves
        ])
        return types.SimpleNamespace(logits=two_token_logits(rows), aux_loss=None)

    config = types.SimpleNamespace(
        accelerator=Everything(), is_encoder_decoder=False, pad_token_id=1, padding_value=1, aux_loss_enabled=False,
        beta=case["options"].get("beta", BETA), label_smoothing=case["options"].get("label-smoothing", 0.0), **extra,
    )
    for name in ("concatenated_inputs", "get_batch_logps"):
        setattr(config, name, getattr(trainer, name))
    loss_name = "odds_ratio_loss" if hasattr(trainer, "odds_ratio_loss") else "cpo_loss"
    loss_function = getattr(trainer, loss_name)
    if loss_name == "odds_ratio_loss":
        loss_function = lifted(loss_function, ("policy_chosen_logps.float()", "policy_chosen_logps"),
                               ("policy_rejected_logps.float()", "policy_rejected_logps"))
    setattr(config, loss_name, types.MethodType(loss_function, config))
    config.concatenated_forward = types.MethodType(trainer.concatenated_forward, config)
    loss, _ = trainer.get_batch_loss_metrics(config, Given(model), batch)
    loss.backward()
    size = len(step)
    grads = [leaf.grad.tolist() if leaf.grad is not None else [0.0] * len(leaf) for leaf in leaves]
    return loss.item(), [
        {"prompt": grads[i][: len(prompts[i])], "chosen": grads[i][len(prompts[i]) :], "rejected": grads[size + i]}
        for i in range(size)
    ]


def trl_cpo(case, step):
    from trl.experimental.cpo.cpo_trainer import CPOTrainer

    options, name = case["options"], case["objective"]
    return trl_reference_free(case, step, CPOTrainer, {
        "loss_type": "sigmoid" if name == "cpo" else "simpo", "simpo_gamma": options.get("gamma", 0.0),
        "alpha": options.get("alpha", 0.0), "cpo_alpha": options.get("sft-weight", 1.0 if name == "cpo" else 0.0),
    })


def trl_orpo(case, step):
    from trl.experimental.orpo.orpo_trainer import ORPOTrainer

    return trl_reference_free(case, step, ORPOTrainer, {})


def trl_tpo(case, step):
    from trl.experimental.tpo.tpo_trainer import TPOTrainer

    options = case["options"]
    weight = options.get("sft-weight", 1.0)
    sides = BRANCHES if weight != 0 else BRANCHES[:2]
    rows = [p[side]["policy"] for side in sides for p in step]
    policy, mask = padded(rows)
    policy.requires_grad_(True)
    zero = torch.zeros(len(rows), 1, dtype=torch.int64)
    completion = torch.cat([zero, mask], 1)
    filled = torch.where(mask.bool(), policy, torch.full_like(policy, -1.0))
    logits = two_token_logits(torch.cat([filled, torch.full((len(rows), 1), -1.0)], 1))
    trainer = types.SimpleNamespace(
        accelerator=Everything(), model=Given(None), tpo_alpha=weight, beta=options["beta"],
        loss_type="sigmoid" if case["objective"] == "tpo" else "tpo-l", tpo_l_gamma=options.get("gamma", 0.5),
        label_smoothing=options.get("label-smoothing", 0.0), _metrics={"train": defaultdict(list)},
        _total_train_tokens=0, _tp_size=1, aux_loss_enabled=False,
    )
    inputs = {"input_ids": torch.zeros_like(completion), "attention_mask": torch.ones_like(completion),
              "completion_mask": completion}
    loss = TPOTrainer._compute_loss(trainer, Given(lambda **_: types.SimpleNamespace(logits=logits, aux_loss=None)), inputs, False)
    loss.backward()
    gradient = unpadded(policy.grad, rows)
    size = len(step)
    return loss.item(), [
        {side: gradient[k * size + i] for k, side in enumerate(sides)} for i in range(size)
    ]


def trl_reward(case, step):
    from trl.trainer.reward_trainer import RewardTrainer

    scores = torch.tensor([p[side]["policy"][0] for side in BRANCHES[:2] for p in step], requires_grad=True)
    trainer = types.SimpleNamespace(
        accelerator=Everything(), model=Given(None), _metrics={"train": defaultdict(list)}, _total_train_tokens=0,
        _tp_size=1, args=types.SimpleNamespace(center_rewards_coefficient=case["options"].get("center-rewards")))
    inputs = {"attention_mask": torch.ones(2 * len(step), 1, dtype=torch.int64)}
    if "margin" in case["fields"]:
        inputs["margin"] = torch.tensor([p["margin"] for p in step])
    model = Given(lambda **_: types.SimpleNamespace(logits=scores[:, None]))
    loss = RewardTrainer.compute_loss(trainer, model, inputs)
    loss.backward()
    size = len(step)
    grads = scores.grad.tolist()
    return loss.item(), [{"chosen": [grads[i]], "rejected": [grads[size + i]]} for i in range(size)]


def trl_legacy(case, step, state):
    """TRL 0.24's dpo_loss and bco_loss on summed log-probabilities."""
    from trl.trainer import utils
    from trl.trainer.dpo_trainer import DPOTrainer

    options, name = case["options"], case["objective"]
    if "running" not in state:
        state["running"] = utils.RunningMoments(Everything())
        update = lifted(utils.RunningMoments.update, ("xs_mean.float(), xs_var.float()", "xs_mean, xs_var"))
        state["running"].update = types.MethodType(update, state["running"])
    sums = lambda leaves: torch.stack([leaf.sum() for leaf in leaves]) if leaves else torch.zeros(0)
    leaf = lambda values: torch.tensor(values, requires_grad=True)
    common = dict(accelerator=Everything(), beta=options["beta"], running=state["running"])
    if name == "bco":
        from trl.trainer.bco_trainer import BCOTrainer

        rows = judged(step)
        leaves = [leaf(r["policy"]) for r, _ in rows]
        reference = [torch.tensor(r["reference"]) for r, _ in rows]
        pick = lambda values, liked: sums([v for v, (_, l) in zip(values, rows) if l == liked])
        trainer = types.SimpleNamespace(match_underlying_distribution=False, **common)
        losses, _, _, _ = BCOTrainer.bco_loss(
            trainer, pick(leaves, True), pick(leaves, False), pick(reference, True), pick(reference, False), None, None)
        loss = losses.nanmean()
        loss.backward()
        return loss.item(), [
            {("chosen" if liked else "rejected"): leaves[i].grad.tolist()} for i, (_, liked) in enumerate(rows)
        ]
    chosen, rejected = ([leaf(p[side]["policy"]) for p in step] for side in BRANCHES[:2])
    references = [sums([torch.tensor(p[side]["reference"]) for p in step]) for side in BRANCHES[:2]]
    divergence = {"alpha": "alpha_divergence", "js": "js_divergence"}.get(options.get("f-divergence"), "reverse_kl")
    from trl.trainer import dpo_trainer
    from trl.trainer.dpo_config import FDivergenceConstants, FDivergenceType

    dpo_trainer.cap_exp = lambda value: torch.exp(torch.clamp(value, max=80.0))
    trainer = types.SimpleNamespace(
        reference_free=False, f_divergence_type=FDivergenceType(divergence),
        f_divergence_params={FDivergenceConstants.ALPHA_DIVERGENCE_COEF_KEY: options.get("f-alpha", 1.0)},
        label_smoothing=options.get("label-smoothing", 0.0), args=types.SimpleNamespace(discopop_tau=0.05),
        loss_type=name, **common)
    losses, _, _ = DPOTrainer.dpo_loss(
        trainer, sums(chosen), sums(rejected), *references, loss_type="bco_pair" if name == "bco_pair" else "sigmoid")
    loss = losses.mean()
    loss.backward()
    return loss.item(), [
        {"chosen": chosen[i].grad.tolist(), "rejected": rejected[i].grad.tolist()} for i in range(len(step))
    ]


# ---------------------------------------------------------------- the papers' formulas


def formula(case, step):
    """What no peer has: the formula as the paper writes it, differentiated by PyTorch."""
    options, name = case["options"], case["objective"]
    ls, sg = F.logsigmoid, torch.sigmoid
    b, a, lam = options["beta"], options.get("alpha"), options.get("lambda", 50.0)
    losses, weights, leaves, nll = [], [], [], []
    for p in step:
        pair = {side: torch.tensor(p[side]["policy"], requires_grad=True) for side in BRANCHES[:2]}
        leaves.append(pair)
        n = {side: len(pair[side]) for side in pair}
        if "ld-alpha" in options:
            shared = min(n.values())
            w = {s: torch.tensor([1.0 if t < shared else options["ld-alpha"] for t in range(n[s])]) for s in pair}
        else:
            w = {s: torch.ones(n[s]) for s in pair}
        ref = {s: torch.tensor(p[s]["reference"]) for s in pair}
        rho = {s: (w[s] * (pair[s] - ref[s])).sum() for s in pair}
        lp = {s: pair[s].sum() for s in pair}
        m = p["margin"] if "margin" in case["fields"] else 0.0
        c = p["confidence"] if "confidence" in case["fields"] else None
        d = rho["chosen"] - rho["rejected"]
        soft = lambda z, standard: -(standard if c is None else c) * ls(z) - (1 - (standard if c is None else c)) * ls(-z)
        if name in ("sigmoid", "sigmoid:1,sft:0.5"):
            loss = -ls(b * d - m)
        elif name == "hinge":
            loss = torch.relu(1 - (b * d - m))
        elif name == "sigmoid_norm":
            loss = -ls(b * (rho["chosen"] / n["chosen"] - rho["rejected"] / n["rejected"]) - m)
        elif name == "cdpo":
            loss = soft(b * d - m, 0.9)
        elif name == "robust":
            e = 0.1 if c is None else 1 - c
            z = b * d - m
            loss = (-(1 - e) * ls(z) + e * ls(-z)) / (1 - 2 * e)
        elif name == "exo_pair":
            z = b * d
            loss = sg(z) * (ls(z) - math.log(c)) + sg(-z) * (ls(-z) - math.log(1 - c))
        elif name == "dpop":
            loss = -ls(b * (d - lam * torch.relu(-rho["chosen"])) - m)
        elif name == "r-dpo":
            loss = -ls(b * d + (0.01 if a is None else a) * (n["chosen"] - n["rejected"]) - m)
        elif name == "ropo":
            loss = 4 * a * a / (1 + a) ** 2 * sg(-b * d) - 4 * a / (1 + a) ** 2 * ls(b * d)
        elif name == "cpo":
            loss = soft(b * (lp["chosen"] - lp["rejected"]) - m, 1.0)
        elif name == "simpo":
            loss = soft(b * (lp["chosen"] / n["chosen"] - lp["rejected"] / n["rejected"]) - 1.0 - m, 1.0)
        losses.append(loss)
        weights.append(p["weight"] if "weight" in case["fields"] else 1.0)
        nll.append(-lp["chosen"])
    weights = torch.tensor(weights)
    total = (torch.stack(losses) * weights).sum() / weights.sum()
    lengths = torch.tensor([float(len(pair["chosen"])) for pair in leaves])
    likelihood = (torch.stack(nll) * weights).sum() / (lengths * weights).sum()
    total = total + {"sigmoid:1,sft:0.5": 0.5, "cpo": 1.0}.get(name, 0.0) * likelihood
    total.backward()
    return total.item(), [{side: pair[side].grad.tolist() for side in pair} for pair in leaves]


PEERS = {"trl-1.16 dpo": trl_dpo, "trl-1.16 kto": trl_kto, "trl-1.16 cpo": trl_cpo, "trl-1.16 orpo": trl_orpo,
         "trl-1.16 tpo": trl_tpo, "trl-1.16 reward": trl_reward, "formula": formula}


def answers(case, steps):
    """Loss and gradients of every step; None where the peer's own numbers are not finite."""
    results, state = [], {}
    for step in steps:
        size = case["micro"] or len(step)
        batches = [step[i : i + size] for i in range(0, len(step), size)]
        parts = [
            trl_legacy(case, batch, state) if case["peer"] == "trl-0.24" else PEERS[case["peer"]](case, batch)
            for batch in batches
        ]
        loss = sum(part[0] for part in parts) / len(parts)
        rows = []
        for part in parts:
            for row in part[1]:
                rows.append({side: [value / len(parts) for value in values] for side, values in row.items()})
        numbers = [loss] + [v for row in rows for values in row.values() for v in values]
        if not all(math.isfinite(v) for v in numbers):
            results.append(None)
            continue
        # First and last token of each branch: all others have the first one's gradient, or the last one's.
        ends = [
            {side: [values[0], values[-1]] for side, values in row.items() if values} for row in rows
        ]
        results.append({"loss": loss, "gradients": ends})
    return results


def build(pairs, seed, legacy):
    steps = make_steps(pairs, seed)
    cases = variants()
    for case in cases:
        if case["peer"] != "trl-0.24":
            case["steps"] = answers(case, steps)
    if legacy:
        old = [case for case in cases if case["peer"] == "trl-0.24"]
        request = json.dumps({"steps": steps, "cases": old})
        done = subprocess.run([legacy, __file__, "legacy"], input=request, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr[-3000:])
        for case, steps_of_case in zip(old, json.loads(done.stdout.splitlines()[-1])):
            case["steps"] = steps_of_case
    for case in cases:
        case.pop("settings")
    return {"steps": steps, "cases": cases}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def table(report, pairs):
    """docs/PARITY.md from what the Swift test measured."""
    peers = {"trl-1.16 dpo": "TRL 1.16 `DPOTrainer`", "trl-1.16 kto": "TRL 1.16 `KTOTrainer`",
             "trl-1.16 cpo": "TRL 1.16 `CPOTrainer`", "trl-1.16 orpo": "TRL 1.16 `ORPOTrainer`",
             "trl-1.16 tpo": "TRL 1.16 `TPOTrainer`", "trl-1.16 reward": "TRL 1.16 `RewardTrainer`", "trl-0.24": "TRL 0.24", "formula": "the paper's formula"}
    lines = []
    for row in report:
        options = ", ".join(k if v is True else f"{k} {v}" for k, v in row["options"].items()) + (
            f", micro-pairs {row['micro']}" if row["micro"] else "")
        fields = f", rows with {' and '.join(row['fields'])}" if row["fields"] else ""
        skipped = f" ({row['skipped']} not finite in the peer)" if row["skipped"] else ""
        note = f"; {row['note']}" if row["note"] else ""
        lines.append(
            f"| `{row['objective']}` | {options}{fields} | {peers[row['peer']]}{note} | {row['pairs']}{skipped} "
            f"| {row['loss']:.1e} | {row['gradient']:.1e} |")
    text = (ROOT / "scripts/PARITY.md.template").read_text()
    worst = max(max(row["loss"], row["gradient"]) for row in report)
    text = text.replace("{TABLE}", "\n".join(lines)).replace("{WORST}", f"{worst:.1e}")
    text = text.replace("{ROWS}", str(len(report))).replace("{PAIRS}", str(pairs))
    (ROOT / "docs/PARITY.md").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["fixture", "table", "legacy", "cases"])
    parser.add_argument("--legacy", help="Python with TRL 0.24")
    parser.add_argument("--output", help="where `cases` go")
    arguments = parser.parse_args()
    if arguments.command == "legacy":
        request = json.load(sys.stdin)
        print(json.dumps([answers(case, request["steps"]) for case in request["cases"]]))
        return
    if arguments.command == "fixture":
        FIXTURE.write_text(json.dumps(rounded(build(20, 11, arguments.legacy)), separators=(",", ":")) + "\n")
        return
    pairs = 120
    path = Path(arguments.output or "/tmp/penchant-objectives.json")
    path.write_text(json.dumps(build(pairs, 12, arguments.legacy)))
    if arguments.command == "cases":
        return
    report = path.with_suffix(".report.json")
    command = ["swift", "test", "-c", "release", "--disable-testable-imports", "--filter", "ObjectiveParityTests"]
    subprocess.run(command, cwd=ROOT, check=True, env={
        **os.environ, "PENCHANT_PARITY_CASES": str(path), "PENCHANT_PARITY_REPORT": str(report)})
    table(json.loads(report.read_text()), pairs)


if __name__ == "__main__":
    main()
