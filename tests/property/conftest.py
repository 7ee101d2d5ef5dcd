"""Random cases are the same in every run."""

from hypothesis import settings

settings.register_profile("wholebook", derandomize=True, deadline=None, max_examples=300, database=None)
settings.load_profile("wholebook")
