"""The ledger of a whole trade history: what a file of trades becomes."""

from engine.ledger.history.chosen import Chosen
from engine.ledger.history.form8949 import form_8949
from engine.ledger.history.keeping import Ledger, Opened, ledger, open_history
from engine.ledger.history.options import Options
from engine.ledger.history.tables import Totals

__all__ = ["Chosen", "Ledger", "Opened", "Options", "Totals", "form_8949", "ledger", "open_history"]
