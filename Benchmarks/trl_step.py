"""Times TRL's DPOTrainer on pairs in file order; prints one JSON object. Used by side_by_side.py."""
import argparse
import json
import os
import resource
import tempfile
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch
from datasets import Dataset
from peft import LoraConfig
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer


class InOrder(DPOTrainer):
    def _get_train_sampler(self, *arguments, **options):
        return SequentialSampler(self.train_dataset)


class Times(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *arguments, **options):
        self.start = time.perf_counter()

    def on_step_end(self, *arguments, **options):
        self.seconds.append(time.perf_counter() - self.start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--pairs", type=int, required=True, help="pairs a step")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--max-length", type=int, default=1024)
    parser.add_argument("--cached", action="store_true", help="precompute the reference")
    a = parser.parse_args()

    rows = [json.loads(line) for line in open(a.data) if line.strip()]
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    adapter = LoraConfig(
        r=16, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    )
    # Without gradient checkpointing TRL is faster; memory here is enough for it.
    config = DPOConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=a.pairs, max_steps=a.steps, learning_rate=1e-5,
        lr_scheduler_type="constant", beta=0.1, max_length=a.max_length, logging_steps=1, report_to=[],
        save_strategy="no", use_cpu=True, bf16=True, gradient_checkpointing=False,
        precompute_ref_log_probs=a.cached, weight_decay=0.0, dataloader_num_workers=0, disable_tqdm=True, seed=0,
    )
    times = Times()
    trainer = InOrder(
        model=AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.bfloat16), args=config,
        train_dataset=Dataset.from_list(rows), processing_class=tokenizer, peft_config=adapter, callbacks=[times],
    )
    trainer.train()
    print(json.dumps({
        "step_seconds": times.seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


if __name__ == "__main__":
    main()
