"""The page of a run: figures summed from its tables (`figures`), pictures (`pictures`), and the page (`render`)."""

from engine.report.page.figures import Execution, Figures, Tables, Timing, sum_up
from engine.report.page.render import render

__all__ = ["Execution", "Figures", "Tables", "Timing", "render", "sum_up"]
