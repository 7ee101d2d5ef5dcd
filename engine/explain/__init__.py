"""Why an account was traded as it was: its decision made again from the book, beside what the run handed out.

Everything here is pure: `Scene` and the run's rows go in, an `Explanation` of plain values comes out.
"""

from engine.explain.account import Explanation, explain
from engine.explain.rows import RunRows

__all__ = ["Explanation", "RunRows", "explain"]
