"""For the site: links to files of the repository outside docs/ become their names, empty headers of tables cells."""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by MkDocs for every page."""

    def named(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), link[2]))
        return f"{link[1]} (`{path.removeprefix('../')}`)" if path.startswith("../") else link[0]

    return LINK.sub(named, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Called by MkDocs for every page: a header without words is none."""
    return re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)
