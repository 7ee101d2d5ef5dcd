"""What the verifier compiles: reading, grouping, the search for lots, wash sales. It imports nothing from outside."""
