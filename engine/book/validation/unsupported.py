"""What the contract names and this version does not act on yet: refused, never silently ignored.

Whoever makes a setting work takes it out of here.
"""

from __future__ import annotations

from typing import Final

UNSUPPORTED: Final = ("transition_until",)
"""Settings that may not be set to anything."""
WITHOUT_EFFECT: Final = frozenset({"harvest_option"})
"""Settings that this version reads and that change nothing, and may be set: a loss is valued without the option of
waiting."""
