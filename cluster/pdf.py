"""Pages as PDF, printed by a Chromium that is there already: as they look in a browser, on A4, tagged for a reader.

A library would have to lay out the page a second time: WeasyPrint does it well, but needs Pango from the system
(docs/report.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from engine.errors import UsageError, WholebookError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Looked for on the PATH, in this order."""
TIMEOUT: Final = 120
"""Seconds; a page takes one or two."""
REMEDY: Final = (
    "Install Chromium or Chrome, or name one with --browser; or leave --pdf out and print the page from a browser."
)


def find_browser(named: str | None = None) -> str:
    """The browser that prints: the one named, or the first on the PATH. Raises `UsageError` where there is none."""
    for name in BROWSERS if named is None else (named,):
        found = shutil.which(name)
        if found:
            return found
    what = "there is no Chromium to print a PDF with" if named is None else f"there is no browser {named}"
    raise UsageError(what, where="--pdf" if named is None else "--browser", remedy=REMEDY)


def print_pdf(page: str, browser: str) -> bytes:
    """A page, HTML, as the bytes of a PDF. Raises `WholebookError` where the browser writes none."""
    with tempfile.TemporaryDirectory(prefix="wholebook-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start for root otherwise; the page is our own
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            said = done.stderr.strip().splitlines()
        except (OSError, subprocess.TimeoutExpired) as error:
            said = [str(error)]
        written = target.read_bytes() if target.is_file() else b""
    if not written.startswith(b"%PDF-"):
        raise WholebookError(
            f"the browser wrote no PDF: {said[-1] if said else 'it said nothing'}", where=browser, remedy=REMEDY
        )
    return written
