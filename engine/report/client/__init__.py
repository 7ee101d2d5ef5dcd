"""The page of one account, for its owner: what was done and why, what it costs in tax, what was left alone.

A part's tables are grouped by account once (`part`), each account's figures taken from it (`account`) and written
(`render`). Nothing is decided again.
"""

from engine.report.client.account import client_of, undecided
from engine.report.client.facts import Client
from engine.report.client.names import Names, names_of
from engine.report.client.part import Part, group
from engine.report.client.render import About, Listed, render, render_index, render_part_index

__all__ = [
    "About",
    "Client",
    "Listed",
    "Names",
    "Part",
    "client_of",
    "group",
    "names_of",
    "render",
    "render_index",
    "render_part_index",
    "undecided",
]
