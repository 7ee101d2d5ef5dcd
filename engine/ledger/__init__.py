"""Lots through time: the replay of trades, the daily settlement, the ledger of a history."""

from engine.ledger.form8949 import form_8949
from engine.ledger.keeping import Ledger, Opened, ledger, open_history
from engine.ledger.options import Options
from engine.ledger.tables import Totals

__all__ = ["Ledger", "Opened", "Options", "Totals", "form_8949", "ledger", "open_history"]
