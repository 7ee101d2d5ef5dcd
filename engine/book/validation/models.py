"""Models: what makes one faulty, and why a parent of a faulty model is faulty too (contract, section 1)."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.book.findings import Finding, Scope
from engine.book.models import WEIGHT_TOLERANCE
from engine.book.validation.keys import repeats
from engine.book.validation.sheet import OwnedSheet, Sheet
from engine.codes import Code

_ROWS_NAMED: Final = 10


def check_models(sheet: Sheet, securities: pa.Array) -> list[Finding]:
    """Every fault of every model, scope MODEL, subject = model_id. Needs the columns model_id and weight."""
    if not (sheet.has("model_id") and sheet.has("weight")):
        return []
    models = OwnedSheet.owned(sheet, "model_id", sheet.text("model_id").drop_null().unique(), Scope.MODEL)
    child = models.codes("child_model_id", models.subjects)
    findings = [
        *_check_names(models, securities, child),
        *_check_weights(models),
        *_check_sums(models),
        *_check_cycles(models, child),
    ]
    return findings + _check_parents(models, child, findings)


def faulty_models(findings: list[Finding]) -> frozenset[str]:
    """The models that findings of scope MODEL are about."""
    return frozenset(finding.subject for finding in findings if finding.scope is Scope.MODEL)


def _check_names(models: OwnedSheet, securities: pa.Array, child: NDArray[np.int32]) -> list[Finding]:
    security = models.codes("security_id", securities)
    has_security, has_child = models.filled("security_id"), models.filled("child_model_id")
    invalid = Code.MODEL_INVALID
    return [
        *models.blame(
            invalid,
            "security_id",
            ~has_security & ~has_child,
            "is empty, and so is child_model_id: name one of the two",
        ),
        *models.blame(
            invalid, "child_model_id", has_security & has_child, "stands beside a security_id: name only one"
        ),
        *models.blame(invalid, "security_id", has_security & (security < 0), "is not in securities"),
        *models.blame(invalid, "child_model_id", has_child & (child < 0), "is not in models"),
    ]


def _check_weights(models: OwnedSheet) -> list[Finding]:
    weight = models.numbers("weight")
    strange = ~np.isfinite(weight)
    return [
        *models.blame(Code.MODEL_INVALID, "weight", strange, "is not a finite number"),
        *models.blame(Code.MODEL_INVALID, "weight", ~strange & (weight < 0), "is negative", limit="at least 0"),
    ]


def _check_sums(models: OwnedSheet) -> list[Finding]:
    """Sums of models whose single rows are sound; others would only be told twice."""
    weight, owned = models.numbers("weight"), models.owner >= 0
    count = len(models.subjects)
    unsound = np.zeros(count, dtype=np.bool_)
    unsound[models.owner[owned & ~((weight >= 0) & (weight < np.inf))]] = True
    for column in ("security_id", "child_model_id"):
        unsound[models.owner[repeats(models, ("model_id", column))[0]]] = True
    total = np.bincount(models.owner[owned], weights=weight[owned], minlength=count)
    return [
        models.finding(
            Scope.MODEL,
            Code.MODEL_INVALID,
            "model_id",
            int(rows[0]),
            f"has weights that sum to {total[model]:.9g}, not 1 ({_name_rows(rows)})",
            subject=models.subject(int(rows[0])),
            limit=f"1 within {WEIGHT_TOLERANCE:g}",
        )
        for model in np.flatnonzero(~unsound & ~(np.abs(total - 1) <= WEIGHT_TOLERANCE))
        if len(rows := np.flatnonzero(models.owner == model))
    ]


def _check_cycles(models: OwnedSheet, child: NDArray[np.int32]) -> list[Finding]:
    """Models that hold themselves, directly or through others: the strong components of the graph of nesting."""
    nested = np.flatnonzero((models.owner >= 0) & (child >= 0))
    parent, held = models.owner[nested], child[nested]
    count = len(models.subjects)
    graph = coo_array((np.ones(len(nested)), (parent, held)), shape=(count, count))
    component = connected_components(graph, directed=True, connection="strong")[1] if count else parent
    circular = component[parent] == component[held]
    findings = []
    for model in np.unique(parent[circular]):
        rows = nested[circular & (parent == model)]
        members = [str(name) for name in models.subjects.filter(pa.array(component == component[model])).to_pylist()]
        ring = f"holds itself through {', '.join(members[:_ROWS_NAMED])}" if len(members) > 1 else "holds itself"
        row = int(rows[0])
        what = f"makes a cycle: {models.subject(row)} {ring} ({_name_rows(rows)})"
        findings.append(
            models.finding(Scope.MODEL, Code.MODEL_INVALID, "child_model_id", row, what, subject=models.subject(row))
        )
    return findings


def _check_parents(models: OwnedSheet, child: NDArray[np.int32], findings: list[Finding]) -> list[Finding]:
    """Models that are sound themselves and hold a faulty one, at any depth."""
    known = faulty_models(findings)
    faulty = np.array([name in known for name in models.subjects.to_pylist()], dtype=np.bool_)
    told: list[Finding] = []
    while True:
        rows = (models.owner >= 0) & (child >= 0) & faulty[child] & ~faulty[models.owner] if len(faulty) else faulty
        if not rows.any():
            return told
        told += models.blame(Code.MODEL_INVALID, "child_model_id", rows, "is a faulty model: correct that one")
        faulty[models.owner[rows]] = True


def _name_rows(rows: NDArray[np.int64]) -> str:
    named = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    more = f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else ""
    return f"{'rows' if len(rows) > 1 else 'row'} {named}{more}"
