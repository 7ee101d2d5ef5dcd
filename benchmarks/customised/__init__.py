"""A book in which every account has at least three customisations that bind: taking one away changes its day."""
