"""Makes Tests/Fixtures/Parity/hidden-similarity.json: CHES of the fixtures' pairs under the tiny models.

Transformers in float64, one sequence at a time. CHES is definition 2 of Razin et al., arXiv:2410.08847, written out below;
`sum` is the plain figure, `mean` the length-normalised one. Needs torch 2.15, transformers 5.23 and the models that
make_model_fixtures.py writes.

    python scripts/make_hidden_similarity_fixture.py
"""
import json

import torch

import tiny_models as tiny
from make_model_fixtures import MODELS, PARITY, number


def states(model, prompt, answer):
    """The state that predicts each of the answer's tokens: the prompt's last position up to the last but one of all."""
    out = model(torch.tensor([prompt + answer]), output_hidden_states=True)
    # The last of the hidden states is the one behind the final norm, which the head multiplies.
    assert torch.equal(model.lm_head(out.hidden_states[-1]), out.logits)
    return out.hidden_states[-1][0, len(prompt) - 1 : -1]


@torch.no_grad()
def similarities(name):
    model, tokenizer = tiny.load(MODELS / name)
    rows = []
    for row in tiny.read_rows(MODELS / "pairs.jsonl"):
        prompt, chosen, rejected = tiny.tokenise(tokenizer, MODELS / name, row)
        plus, minus = states(model, prompt, chosen), states(model, prompt, rejected)
        assert len(plus) == len(chosen) and len(minus) == len(rejected)
        rows.append(
            {
                kind: number(reduce(plus) @ reduce(minus) - reduce(plus) @ reduce(plus))
                for kind, reduce in (("sum", lambda h: h.sum(0)), ("mean", lambda h: h.mean(0)))
            }
        )
    return rows


torch.set_num_threads(1)
values = {name: similarities(name) for name in ("tiny-llama", "tiny-qwen2", "tiny-mistral")}
(PARITY / "hidden-similarity.json").write_text(json.dumps(values, indent=1) + "\n")
