#!/usr/bin/env python3
"""Makes Tests/Fixtures/Audit/statistics.json: what scikit-learn and SciPy compute where the audit computes it itself.

    python3 -m venv venv && venv/bin/pip install scikit-learn scipy
    venv/bin/python scripts/make_audit_fixtures.py
"""

import json
import pathlib

import numpy
import scipy.stats
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

draw = numpy.random.default_rng(20261126)
# Differences of chosen and rejected; rounded, so that the file says exactly what was fitted.
x = numpy.round(draw.normal(size=(60, 4)) + [0.5, -0.2, 0, 1], 3).astype(numpy.float32).astype(float)
# scikit-learn wants both labels: half of the rows are turned round, which leaves the loss as it is.
turn = numpy.where(numpy.arange(len(x)) % 2 == 0, 1.0, -1.0)
fits = []
for c in (0.1, 1.0, 10.0):
    model = LogisticRegression(C=c, fit_intercept=False, tol=1e-10, max_iter=10_000)
    model.fit(x * turn[:, None], turn)
    fits.append({"c": c, "weights": model.coef_[0].tolist()})
# Scores with ties.
scores = numpy.round(draw.normal(size=80), 1)
labels = draw.random(80) < 1 / (1 + numpy.exp(-scores))
sign_tests = [
    {"b": b, "c": c, "p": scipy.stats.binomtest(b, b + c, 0.5).pvalue}
    for b, c in [(1, 0), (7, 3), (30, 12), (260, 200), (5000, 4800), (3, 90)]
]
out = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/Audit/statistics.json"
out.write_text(
    json.dumps(
        {
            "made_by": f"scripts/make_audit_fixtures.py with scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}",
            "x": x.tolist(),
            "fits": fits,
            "scores": scores.tolist(),
            "labels": labels.tolist(),
            "auc": roc_auc_score(labels, scores),
            "sign_tests": sign_tests,
        },
    )
    + "\n"
)
