"""What the verifier compiles: the search for lots, the count of wash sales. It imports nothing from outside."""
