"""Lots through time: the replay of trades, the daily settlement, the ledger of a history."""
