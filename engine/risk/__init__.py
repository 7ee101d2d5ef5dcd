"""A factor risk model from nothing but a panel of closing prices."""

from engine.risk.fit import fit_risk
from engine.risk.model import RiskModel
from engine.risk.panel import PricePanel, wide_panel

__all__ = ["PricePanel", "RiskModel", "fit_risk", "wide_panel"]
