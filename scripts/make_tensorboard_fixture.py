#!/usr/bin/env python3
"""Makes Tests/Fixtures/Tuning/tensorboard.json, and reads event files that Penchant wrote.

    python3 scripts/make_tensorboard_fixture.py                 # the fixture
    python3 scripts/make_tensorboard_fixture.py RUN [RUN ...]   # holds RUN/tensorboard against RUN/metrics.jsonl

Needs the package `tensorboard` (tried with 2.20).
"""
import io
import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

ROOT = pathlib.Path(__file__).resolve().parent.parent
WALL_TIME = 1764119000.25


def record(event):
    out = io.BytesIO()
    RecordWriter(out).write(event.SerializeToString())
    return out.getvalue().hex()


def make():
    version = event_pb2.Event(wall_time=WALL_TIME, file_version="brain.Event:2")
    rows = []
    cases = [(1, [("train/loss", math.log(2))]),
             (300, [("train/rewards/margins", -0.125), ("train/grad_norm", 1e-9), ("eval/loss", 0.0)]),
             (2**40, [("a" * 200, 3.5)])]
    for step, values in cases:
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=t, simple_value=v) for t, v in values])
        event = event_pb2.Event(wall_time=WALL_TIME, step=step, summary=summary)
        rows.append({"step": step, "values": [{"tag": t, "value": v} for t, v in values], "bytes": record(event)})
    path = ROOT / "Tests/Fixtures/Tuning/tensorboard.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"wall_time": WALL_TIME, "version": record(version), "records": rows}, indent=1) + "\n")
    print(path)


def check(run):
    accumulator = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    accumulator.Reload()
    seen = {(tag, e.step): e.value for tag in accumulator.Tags()["scalars"] for e in accumulator.Scalars(tag)}
    wanted = 0
    for line in (run / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        samples = "kl_k3" in row
        for key, value in row.items():
            if key == "step" or not isinstance(value, (int, float)):
                continue
            tag = "eval/" + key[5:] if key.startswith("eval_") else (
                key if key.startswith("samples/") else ("samples/" if samples else "train/") + key)
            got = seen.get((tag, row["step"]))
            assert got is not None, f"{tag} of step {row['step']} is missing"
            assert abs(got - value) <= 1e-6 * abs(value), (tag, row["step"], value, got)
            wanted += 1
    assert wanted == len(seen), f"{len(seen) - wanted} figures that metrics.jsonl does not have"
    print(f"{run}: {wanted} figures agree")


if __name__ == "__main__":
    for run in sys.argv[1:]:
        check(pathlib.Path(run))
    if len(sys.argv) == 1:
        make()
