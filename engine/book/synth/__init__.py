"""A realistic book of any size from a seed. Pure: gives Arrow tables, writes nothing."""

from engine.book.synth.book import Book, Wish, make_book, part_key, real_market, simulated_market
from engine.book.synth.market import Market
from engine.book.synth.part import KindTotal, PartTables
from engine.book.synth.population import Part

__all__ = [
    "Book",
    "KindTotal",
    "Market",
    "Part",
    "PartTables",
    "Wish",
    "make_book",
    "part_key",
    "real_market",
    "simulated_market",
]
