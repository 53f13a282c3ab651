#!/usr/bin/env python3
"""Makes Tests/Fixtures/Audit/agreement.json: what other libraries compute of the same ratings.

    python3 -m venv venv && venv/bin/pip install krippendorff irrCAC
    venv/bin/python scripts/make_agreement_fixtures.py
"""

import importlib.metadata as metadata
import json
import pathlib
import warnings

import krippendorff
import numpy
import pandas
from irrCAC.raw import CAC

warnings.filterwarnings("ignore")
draw = numpy.random.default_rng(20261126)


def table(items, raters, values, agreement, gap):
    """Ratings (items, raters) around a true value each; nan where somebody did not rate."""
    truth = draw.choice(values, size=items)
    ratings = numpy.where(
        draw.random((items, raters)) < agreement, truth[:, None], draw.choice(values, size=(items, raters))
    ).astype(float)
    ratings[draw.random((items, raters)) < gap] = numpy.nan
    return ratings


cases = [
    # Krippendorff (2011), section C: nominal data of two and more observers with gaps.
    numpy.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, numpy.nan, numpy.nan, numpy.nan],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, numpy.nan, 3],
            [numpy.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, numpy.nan],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, numpy.nan],
        ]
    ).T,
    table(40, 3, [-1, 0, 1], 0.6, 0.0),
    table(60, 4, [-2, -1, 0, 1, 2], 0.7, 0.4),
    table(200, 2, [-1, 1], 0.5, 0.0),
    # Nearly all alike: α falls although people agree, AC1 does not.
    numpy.array([[1, 1]] * 48 + [[1, -1], [-1, 1]], dtype=float),
]
out = []
for ratings in cases:
    items = [[int(v) for v in row if not numpy.isnan(v)] for row in ratings]
    values = sorted({v for item in items if len(item) > 1 for v in item})
    # Items rated once say nothing; irrCAC would take them for its expectation.
    several = ratings[(~numpy.isnan(ratings)).sum(axis=1) > 1]
    other = CAC(pandas.DataFrame(several), categories=[float(v) for v in values], digits=15)
    full = not numpy.isnan(several).any()
    out.append(
        {
            "items": items,
            "alpha": {
                level: krippendorff.alpha(reliability_data=several.T, level_of_measurement=level)
                for level in ("nominal", "ordinal", "interval")
            },
            "categories": len(values),
            "percent": other.gwet()["est"]["pa"],
            "gwet": other.gwet()["est"]["coefficient_value"],
            "fleiss": other.fleiss()["est"]["coefficient_value"] if full else None,
        }
    )
path = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/Audit/agreement.json"
versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("krippendorff", "irrCAC"))
path.write_text(
    json.dumps({"made_by": f"scripts/make_agreement_fixtures.py with {versions}", "cases": out}) + "\n"
)
