"""What a sale realises where the lots acquired first go first (Reg. §1.1012-1(c)(1)); locked lots stay."""

from __future__ import annotations

from numba.types import UniTuple

from kernels.decide.book import BOOK, Book
from kernels.jit import i8, kernel
from kernels.lots import basis_of_piece
from kernels.money import amount_cents
from kernels.twin.memory import NAMES, Names


@kernel(i8(BOOK, NAMES, i8), inner=True)
def queue(book: Book, names: Names, position: int) -> int:
    """A position's lots that may be sold, in memory by the day acquired, earlier rows first; their number."""
    count, acquired = 0, book.lots.acquired
    for lot in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
        if book.lots.locked[lot]:
            continue
        place = count
        while place > 0 and acquired[names.lots[place - 1]] > acquired[lot]:
            names.lots[place] = names.lots[place - 1]
            place -= 1
        names.lots[place] = lot
        count += 1
    return count


@kernel(UniTuple(i8, 2)(BOOK, NAMES, i8, i8, i8), inner=True)
def gains_of_sale(book: Book, names: Names, count: int, price: int, sold: int) -> tuple[int, int]:
    """Cents of short- and long-term gain of selling so many micro-shares out of the first `count` lots in memory."""
    short, long, left = 0, 0, sold
    for place in range(count):
        if left <= 0:
            break
        lot = names.lots[place]
        quantity, basis = book.lots.quantity[lot], book.lots.basis[lot]
        part = min(left, quantity)
        proceeds = amount_cents(part, price)
        gain = proceeds - basis_of_piece(basis, quantity, part, proceeds, price)
        if book.lots.long_term[lot]:
            long += gain
        else:
            short += gain
        left -= part
    return short, long
