"""Ten training steps of a tiny model by TRL's trainers, for seven objectives; makes Parity/objective-steps.json.

float32, constant rate, file order, 8 rows, 4 a step; from the fixture's adapter, whose frozen copy is the reference. CPO's
and ORPO's trainers get DPO's tokenisation in place of their own. Needs the Python of make_model_fixtures.py.
"""
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

import tiny_models as tiny

FIXTURES = Path(__file__).resolve().parent.parent / "Tests/Fixtures"
MODEL = FIXTURES / "Models/tiny-llama"
ROWS = tiny.read_rows(FIXTURES / "Models/pairs.jsonl")[:8]
STEPS, BATCH, RATE = 10, 4, 1e-3


class Log(TrainerCallback):
    def __init__(self):
        self.steps = []

    def on_log(self, args, state, control, logs=None, **options):
        if "loss" in (logs or {}):
            keys = ["loss", "grad_norm", "rewards/chosen", "rewards/rejected", "logps/chosen", "logps/rejected"]
            self.steps.append({key: float(logs[key]) for key in keys if key in logs})


def in_order(trainer):
    class InOrder(trainer):
        def _get_train_sampler(self, *arguments, **options):
            return SequentialSampler(self.train_dataset)

        def tokenize_row(self, feature, model=None):  # CPO and ORPO
            prompt, *answers = tiny.tokenise(self.processing_class, MODEL, feature)
            row = {"prompt_input_ids": prompt, "prompt_attention_mask": [1] * len(prompt)}
            for side, ids in zip(("chosen", "rejected"), answers):
                row |= {f"{side}_input_ids": prompt + ids, f"{side}_attention_mask": [1] * len(prompt + ids),
                        f"{side}_labels": [-100] * len(prompt) + ids}
            return row

    return InOrder


def train(trainer, config, rows, **options):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")
    model = PeftModel.from_pretrained(model, str(MODEL) + "-adapter", is_trainable=True)
    log = Log()
    arguments = config(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=BATCH, max_steps=STEPS, learning_rate=RATE,
        lr_scheduler_type="constant", max_grad_norm=1.0, weight_decay=0.0, logging_steps=1, report_to=[],
        save_strategy="no", use_cpu=True, bf16=False, gradient_checkpointing=False, disable_tqdm=True, seed=0, **options)
    in_order(trainer)(
        model=model, args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(MODEL), callbacks=[log]).train()
    assert len(log.steps) == STEPS
    return log.steps


def main():
    torch.set_num_threads(1)
    judged = [
        {"prompt": row["prompt"], "completion": row["chosen" if i % 2 == 0 else "rejected"], "label": i % 2 == 0}
        for i, row in enumerate(ROWS)
    ]
    runs = {
        "ipo": train(DPOTrainer, DPOConfig, ROWS, loss_type=["ipo"], beta=0.1),
        "aot": train(DPOTrainer, DPOConfig, ROWS, loss_type=["aot"], beta=0.1),
        "sigmoid:1,sft:0.5": train(DPOTrainer, DPOConfig, ROWS, loss_type=["sigmoid", "sft"], loss_weights=[1.0, 0.5], beta=0.1),
        "sigmoid wpo js ld-alpha": train(
            DPOTrainer, DPOConfig, ROWS, loss_type=["sigmoid"], beta=0.1, use_weighting=True, ld_alpha=0.5,
            f_divergence_type="js_divergence"),
        "simpo": train(CPOTrainer, CPOConfig, ROWS, loss_type="simpo", beta=2.0, simpo_gamma=1.0, cpo_alpha=0.0),
        "orpo": train(ORPOTrainer, ORPOConfig, ROWS, beta=0.1),
        "kto": train(KTOTrainer, KTOConfig, judged, beta=0.1),
    }
    path = FIXTURES / "Parity/objective-steps.json"
    path.write_text(json.dumps({"rows": 8, "batch": BATCH, "rate": RATE, "runs": runs}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
