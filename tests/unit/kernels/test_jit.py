import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import TypingError

import kernels.jit
import kernels.table
from kernels import money, segments


def test_read_only_and_writable_inputs_give_the_same() -> None:
    quantities = np.array([1_500_000, 2_000_000])
    prices = np.array([10_000_000, 333_333])
    writable = np.empty(2, dtype=np.int64)
    money.amounts_cents(quantities, prices, writable)
    quantities.flags.writeable = prices.flags.writeable = False
    read_only = np.empty(2, dtype=np.int64)
    money.amounts_cents(quantities, prices, read_only)
    assert writable.tolist() == read_only.tolist() == [1500, 67]


@pytest.mark.compiled
def test_other_types_are_refused() -> None:
    out = np.empty(2, dtype=np.int64)
    strided = np.arange(4, dtype=np.float64)[::2]
    with pytest.raises(TypeError, match="No matching definition"):
        money.to_micros(strided, out)
    with pytest.raises(TypeError, match="No matching definition"):
        money.to_micros(np.arange(2, dtype=np.int64), out)
    with pytest.raises(TypeError, match="No matching definition"):
        segments.segment_sum(np.arange(2.0), np.array([0, 2]), np.empty(1, dtype=np.int64))
    out.flags.writeable = False
    with pytest.raises(TypeError, match="No matching definition"):
        money.to_micros(np.arange(2.0), out)


HELPER = "from kernels.jit import i8, kernel\n@kernel(i8(i8))\ndef scaled(x):\n    return x * {factor}\n"
CALLER = (
    "from kernels.helper import scaled\nfrom kernels.jit import i8, kernel\n"
    "@kernel(i8(i8))\ndef twice(x):\n    return 2 * scaled(x)\n"
)
ASK = "from kernels.caller import twice; print(twice(1), sum(twice.stats.cache_hits.values()))"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package `kernels` with this decorator and two kernels, one of which calls the other."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(kernels.jit.__file__, folder)
    shutil.copy(kernels.table.__file__, folder)
    (folder / "helper.py").write_text(HELPER.format(factor=10))
    (folder / "caller.py").write_text(CALLER)
    return folder


def ask(package: Path, asked: str = ASK, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a new process that imports the package anew."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-c", asked],
        cwd=package.parent,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.compiled
def test_inner_kernels_are_compiled_with_their_callers_and_not_loaded_with_them(package: Path) -> None:
    (package / "helper.py").write_text(HELPER.format(factor=10).replace("i8(i8)", "i8(i8), inner=True"))
    asked = (
        "from kernels.caller import twice; from kernels.helper import scaled; print(twice(1), len(scaled.overloads))"
    )
    assert ask(package, asked).stdout.split() == ["20", "1"]
    assert ask(package, asked).stdout.split() == ["20", "0"]
    (package / "helper.py").write_text(HELPER.format(factor=30).replace("i8(i8)", "i8(i8), inner=True"))
    assert ask(package, asked).stdout.split() == ["60", "1"]


def test_cache_is_used_until_the_kernel_or_what_it_imports_changes(package: Path) -> None:
    assert ask(package).stdout.split() == ["20", "0"]
    assert ask(package).stdout.split() == ["20", "1"]
    # Numba's own stamp covers caller.py only, and would go on answering 20.
    (package / "helper.py").write_text(HELPER.format(factor=30))
    assert ask(package).stdout.split() == ["60", "0"]
    (package / "stranger.py").write_text(HELPER.format(factor=50))
    assert ask(package).stdout.split() == ["60", "1"]


def test_without_a_writable_folder_kernels_still_run(package: Path) -> None:
    # Only the locator for notebooks: it never fits a file, as no folder fits on a machine that is read-only throughout.
    done = ask(package, NUMBA_CACHE_LOCATOR_CLASSES="IPythonCacheLocator")
    assert done.stdout.split() == ["20", "0"]
    assert "Set NUMBA_CACHE_DIR" in done.stderr


@pytest.mark.compiled
def test_a_kernel_that_makes_an_array_has_to_say_so() -> None:
    # Two functions: what the second leaves in the cache must not answer for the first in the next run.
    def silent(n: int) -> float:
        return np.ones(n).sum()

    def total_of_new(n: int) -> float:
        return np.ones(n).sum()

    with pytest.raises(TypingError, match="array passed into the function"):
        kernels.jit.kernel(kernels.jit.f8(kernels.jit.i8))(silent)
    assert kernels.jit.kernel(kernels.jit.f8(kernels.jit.i8), allocates=True)(total_of_new)(3) == 3.0
