"""An account under other settings, another model, more restrictions, without a run: `Scene` is what stands."""

from engine.book.scene import Scene
from engine.whatif.change import Change
from engine.whatif.outcome import Outcome, decide
from engine.whatif.years import Year, plan

__all__ = ["Change", "Outcome", "Scene", "Year", "decide", "plan"]
