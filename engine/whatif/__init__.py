"""Accounts under other settings, another model, more restrictions, without a run: `Scene` is what stands.

`decide` tells one account, `ask` many of a part, `trace` their tax against tracking error.
"""

from engine.book.scene import Scene
from engine.whatif.change import Change
from engine.whatif.cost import Cost, Side, cost, furthest, side
from engine.whatif.frontier import Point, points, trace
from engine.whatif.many import Chosen, PartRefused, PartScene, ask
from engine.whatif.outcome import Outcome, decide
from engine.whatif.page import frontier_page
from engine.whatif.picture import frontier_svg
from engine.whatif.prospect import Kept, Terms, kept, prospect_scene, refuse_faults
from engine.whatif.years import Year, plan

__all__ = [
    "Change",
    "Chosen",
    "Cost",
    "Kept",
    "Outcome",
    "PartRefused",
    "PartScene",
    "Point",
    "Scene",
    "Side",
    "Terms",
    "Year",
    "ask",
    "cost",
    "decide",
    "frontier_page",
    "frontier_svg",
    "furthest",
    "kept",
    "plan",
    "points",
    "prospect_scene",
    "refuse_faults",
    "side",
    "trace",
]
