"""Write the pages of this folder: each shows one account as it stands and personalised, by commands that it names."""

from __future__ import annotations

import contextlib
import io
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cluster.cli import main

BOOK = "wholebook synth --out book --accounts 200 --seed 7"


@dataclass(frozen=True)
class Page:
    """A page of this folder: `text` says what to see in what `asked` prints."""

    file: str
    title: str
    text: str
    asked: str


PAGES = (
    Page(
        "tax-management.md",
        "Tax management",
        "This fund account is 0.7 % a year from its model. Managed for tax, which is how it stands, it comes "
        "within 0.3 % for $50 of tax. Blind to tax (*changed*) it comes within 0.05 %, sells more than twice "
        "as much, and pays eighteen times the tax. Nobody sets anything for the first: `tax_sensitivity` is 1 "
        "and `harvest` true unless a policy says otherwise.",
        "--account A00000004 --set tax_sensitivity=0 --set harvest=false --limit 10",
    ),
    Page(
        "direct-index.md",
        "A direct index instead of funds",
        "The same account asks for the 500 stocks of a direct index in place of funds: that is another "
        "`model_id`. What it holds is the start of the new portfolio, not an obstacle to it: funds with large "
        "gains stay while the tracking error that they cause is worth less than their tax, and stocks are "
        "bought around them.",
        "--account A00000019 --model DIRECT-500-01 --limit 10",
    ),
    Page(
        "screens.md",
        "Screens",
        "A direct index that is to hold no fossil fuel: one row of `restrictions`. The screened weight goes "
        "to what tracks the model best, by the optimisation itself; `wholebook target` shows where. Screened "
        "names that it holds are not bought, and sold as tracking and tax make it worthwhile; a `sell_out` "
        "would sell them at once.",
        "--account A00000151 --restrict 'screen screen_id=fossil' --limit 10",
    ),
    Page(
        "risk.md",
        "Risk personalisation",
        "A client whose job hangs on the stock market asks for less of it than the model has: an active "
        "exposure of at most -0.05 to the market factor. The cap is hard; the tracking error that it costs is "
        "in the table.",
        "--account A00000151 --restrict 'factor_max factor=market value=-0.05' --limit 10",
    ),
    Page(
        "tracking-error.md",
        "As near as the client wants it",
        "This account is taken to its model for $2,188 of tax, because its policy weighs tracking so. A "
        "client who is content with 0.4 % a year says so, and keeps some of it: the risk aversion that meets "
        "the target is found for the account.",
        "--account A00000175 --set tracking_error_target=0.004 --limit 10",
    ),
    Page(
        "transition.md",
        "A transition",
        "An account that came with $580,000 of other names and $85,000 of gains in them. As it stands all of "
        "them would go today; with a date and a budget of gain for each year they go by the end of 2029, for "
        "less tax, and the plan tells what each year brings at today's prices.",
        "--account A00000073 --set transition_until=2029-12-31 --set gain_budget=25000 --limit 10",
    ),
)


def printed(arguments: list[str]) -> str:
    """What a command prints on standard output."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(arguments)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def write(folder: Path) -> None:
    """Write every page into the folder, and one that lists them."""
    with tempfile.TemporaryDirectory() as scratch:
        book = f"{scratch}/book"
        printed([*shlex.split(BOOK)[1:], "--json", "--out", book])
        for page in PAGES:
            shown = f"wholebook whatif book {page.asked}"
            told = printed(["whatif", book, *shlex.split(page.asked)])
            body = f"# {page.title}\n\n{page.text}\n\n```\n{BOOK}\n{shown}\n```\n\n```\n{told}\n```\n"
            (folder / page.file).write_text(f"<!-- Written by `make pages`; do not edit. -->\n\n{body}")
    rows = "".join(f"- [{page.title}]({page.file})\n" for page in PAGES)
    intro = (
        "One account each, as it stands and personalised; the effort is the setting or the row that its command names."
    )
    (folder / "README.md").write_text(
        f"<!-- Written by `make pages`; do not edit. -->\n\n# Every account its own way\n\n{intro}\n\n{rows}"
    )


if __name__ == "__main__":
    write(Path(__file__).parent)
