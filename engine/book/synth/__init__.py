"""A realistic book of any size from a seed. Pure: gives Arrow tables, writes nothing."""

from engine.book.synth.book import Book, Wish, make_book, part_key, real_market, simulated_market

__all__ = ["Book", "Wish", "make_book", "part_key", "real_market", "simulated_market"]
