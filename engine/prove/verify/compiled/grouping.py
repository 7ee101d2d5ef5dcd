"""Rows with equal keys: runs of them, their groups in order of key, sums over these; keys found among sorted ones."""

from __future__ import annotations

from engine.prove.verify.compiled.arrays import B1, B1W, F8, F8W, I8, I8W, Bools, Floats, Ints, b1, i8, void
from engine.prove.verify.compiled.decorator import compiled


@compiled(b1(I8))
def rises(key: Ints) -> bool:
    """No key is less than the one before it."""
    falls = 0
    for row in range(1, len(key)):
        falls += key[row] < key[row - 1]
    return falls == 0


@compiled(i8(I8, I8W, I8W))
def find_runs(key: Ints, run: Ints, starts: Ints) -> int:
    """The `run` of equal keys in which each row is, and the row in which each run `starts`; how many there are."""
    count = 0
    for row in range(len(key)):
        if row == 0 or key[row] != key[row - 1]:
            starts[count] = row
            count += 1
        run[row] = count - 1
    return count


@compiled(i8(I8, I8, I8, I8W, I8W, I8W))
def join_runs(key: Ints, starts: Ints, order: Ints, group: Ints, keys: Ints, first: Ints) -> int:
    """Groups of the runs, taken in `order`, that of their keys: of each run its `group`, of these key and first row."""
    count = 0
    for place in range(len(order)):
        run = order[place]
        row = starts[run]
        if place == 0 or key[row] != keys[count - 1]:
            keys[count] = key[row]
            first[count] = row
            count += 1
        group[run] = count - 1
    return count


@compiled(void(I8, I8W))
def regroup(group: Ints, of_row: Ints) -> None:
    """The group of each row, in place of its run."""
    for row in range(len(of_row)):
        of_row[row] = group[of_row[row]]


@compiled(void(I8, I8, I8W))
def add(of_row: Ints, values: Ints, sums: Ints) -> None:
    """Whole numbers by group."""
    for row in range(len(of_row)):
        sums[of_row[row]] += values[row]


@compiled(void(I8, F8, F8W))
def add_reals(of_row: Ints, values: Floats, sums: Floats) -> None:
    """Real numbers by group; NaN counts as nothing."""
    for row in range(len(of_row)):
        if values[row] == values[row]:
            sums[of_row[row]] += values[row]


@compiled(void(I8, B1, B1W))
def any_of(of_row: Ints, flags: Bools, found: Bools) -> None:
    """Groups of which one row is so."""
    for row in range(len(of_row)):
        if flags[row]:
            found[of_row[row]] = True


@compiled(void(I8, I8, I8W))
def find_places(sorted_keys: Ints, wanted: Ints, found: Ints) -> None:
    """Where each key stands among sorted ones, each there once; -1 where it is not. A step a key where they rise too.

    The search goes on from where it ended, in steps that double.
    """
    place, last = 0, len(sorted_keys)
    for row in range(len(wanted)):
        key = wanted[row]
        if place < last and sorted_keys[place] <= key:
            low, step = place, 1
            while low + step < last and sorted_keys[low + step] <= key:
                low += step
                step *= 2
            high = min(low + step, last)
        else:
            low, high = 0, place
        while high - low > 1:
            middle = (low + high) // 2
            if sorted_keys[middle] <= key:
                low = middle
            else:
                high = middle
        place = low
        found[row] = low if low < last and sorted_keys[low] == key else -1
