"""Writes Tests/Fixtures/Data/pairs.parquet: three rows of messages, one without a weight.

Run from the package root with duckdb installed (made with duckdb 1.5.5):
    python scripts/make_parquet_fixture.py
"""

import duckdb


def row(number, answer, weight):
    question = f"[{{'role': 'user', 'content': 'Q{number}'}}]"
    chosen = f"[{{'role': 'assistant', 'content': '{answer}'}}]"
    return f"({question}, {chosen}, [{{'role': 'assistant', 'content': 'R'}}], {weight})"


ROWS = ", ".join([row(1, "C1 é", "NULL::DOUBLE"), row(2, "C2", "0.5"), row(3, "C3", "1.0")])
duckdb.sql(
    f"COPY (SELECT * FROM (VALUES {ROWS}) t(prompt, chosen, rejected, weight)) "
    "TO 'Tests/Fixtures/Data/pairs.parquet' (FORMAT PARQUET)"
)
