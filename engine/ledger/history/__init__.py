"""The ledger of a whole trade history: what a file of trades becomes."""
