"""docs/tax.md names what there is: modules, functions, tests, and the unsettled points with their defaults."""

import dataclasses
import importlib
import re
from pathlib import Path

from engine.ledger.history import Options

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/tax.md").read_text(encoding="utf-8")


def test_files_and_functions_exist() -> None:
    paths = set(re.findall(r"`((?:kernels|engine|tests)/[\w/]+\.py)`", TEXT))
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).is_file()] == []
    functions = set(re.findall(r"`(actions|dates|taxes|wash)\.(\w+)`", TEXT))
    assert len(functions) > 8
    missing = [name for name in functions if not hasattr(importlib.import_module(f"kernels.{name[0]}"), name[1])]
    assert missing == []


def test_every_case_file_is_listed() -> None:
    listed = set(re.findall(r"test_law_\w+\.py", TEXT))
    there = {path.name for path in (ROOT / "tests/conformance").glob("test_law_*.py")} - {Path(__file__).name}
    assert listed == there


def test_unsettled_points_and_their_defaults() -> None:
    told = dict(re.findall(r"^\| `(wash_\w+)` = `(\w+)` \|", TEXT, re.MULTILINE))
    fields = {field.name: field.default for field in dataclasses.fields(Options) if field.name.startswith("wash_")}
    assert told == fields
