"""Runs TRL's DPOTrainer on a few pairs in file order and writes one JSON line a step; float32, constant rate, no shuffling.

The reference is what TRL takes: a frozen copy of the given adapter, or the model as it lies on disk for --full.
"""
import argparse
import json
import os
import tempfile

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer


class InOrder(DPOTrainer):
    def _get_train_sampler(self, *arguments, **options):
        return SequentialSampler(self.train_dataset)


class Log(TrainerCallback):
    """Writes the figures of every step as TRL logs them."""

    def __init__(self, path):
        self.file = open(path, "w")

    def on_log(self, args, state, control, logs=None, **options):
        if "loss" in (logs or {}):
            self.file.write(json.dumps({"step": state.global_step, **logs}) + "\n")
            self.file.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="Hugging Face folder")
    parser.add_argument("--adapter", help="PEFT folder to start from")
    parser.add_argument("--full", action="store_true", help="train the model itself")
    parser.add_argument("--data", required=True, help="JSONL with prompt, chosen and rejected")
    parser.add_argument("--output", required=True, help="metrics, one line a step")
    parser.add_argument("--save", required=True, help="folder for the final adapter or model")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=2, help="pairs a step")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    a = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(1)
    rows = [json.loads(line) for line in open(a.data) if line.strip()]
    model = AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.float32, attn_implementation="eager")
    if not a.full:
        model = PeftModel.from_pretrained(model, a.adapter, is_trainable=True)
    config = DPOConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=a.pairs, max_steps=a.steps, beta=0.1,
        learning_rate=a.learning_rate, lr_scheduler_type="constant", max_grad_norm=1.0, weight_decay=0.0,
        logging_steps=1, report_to=[], save_strategy="no", use_cpu=True, bf16=False, gradient_checkpointing=False,
        disable_tqdm=True, seed=0,
    )
    log = Log(a.output)
    trainer = InOrder(
        model=model, args=config, train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(a.model), callbacks=[log],
    )
    trainer.train()
    trainer.model.save_pretrained(a.save)
    log.file.close()


if __name__ == "__main__":
    main()
