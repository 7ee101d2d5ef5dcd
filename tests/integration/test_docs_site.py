"""The documentation builds as a site: every page is in its navigation, every link leads somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "deciding.html").read_text()
    assert "fonts.googleapis" not in page
    assert (tmp_path / "site" / "concepts" / "waiting.svg").exists()
    assert not [path for path in (tmp_path / "site").rglob("*.html") if "<th></th>" in path.read_text()]
    for name in ("access.css", "access.js"):
        assert name in page
