"""The daily settlement: a run's trades as fills make the next day's book, part by part."""

from engine.ledger.settle.part import Settled, Settlement, settle_part
from engine.ledger.settle.totals import Totals

__all__ = ["Settled", "Settlement", "Totals", "settle_part"]
