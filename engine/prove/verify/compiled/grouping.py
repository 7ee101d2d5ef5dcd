"""Rows with equal keys: runs of them, their groups in order of key, sums over these; keys found among sorted ones.

A run is what stands together in a table: rows `starts[run]` to `starts[run + 1]`. Its `group` may have more runs.
"""

from __future__ import annotations

from engine.prove.verify.compiled.arrays import B1, B1W, F8, F8W, I8, I8W, NULL, Bools, Floats, Ints, b1, i8, void
from engine.prove.verify.compiled.decorator import compiled


@compiled(b1(I8))
def rises(key: Ints) -> bool:
    """No key is less than the one before it."""
    falls = 0
    for row in range(1, len(key)):
        falls += key[row] < key[row - 1]
    return falls == 0


@compiled(i8(I8, I8, I8W))
def find_runs(first: Ints, second: Ints, starts: Ints) -> int:
    """Runs of rows with equal `first` and `second`: how many; the row in which each starts, then how many rows."""
    count = 0
    for row in range(len(first)):
        if row == 0 or first[row] != first[row - 1] or second[row] != second[row - 1]:
            starts[count] = row
            count += 1
    starts[count] = len(first)
    return count


@compiled(void(I8, I8, I8W, I8W))
def sort_by(code: Ints, rows: Ints, places: Ints, order: Ints) -> None:
    """Rows in order of their code, those of one as they stand; `places`: zeros, more than codes."""
    for row in rows:
        places[code[row] + 1] += 1
    for one in range(1, len(places)):
        places[one] += places[one - 1]
    for row in rows:
        order[places[code[row]]] = row
        places[code[row]] += 1


@compiled(i8(I8, I8, I8, I8W, I8W, I8W))
def join_runs(key: Ints, starts: Ints, order: Ints, group: Ints, keys: Ints, first: Ints) -> int:
    """Groups of runs with one key; `order`: that of the runs' keys. Of each run its `group`, of groups the rest."""
    count = 0
    for place in range(len(order)):
        run = order[place]
        if place == 0 or key[run] != keys[count - 1]:
            keys[count] = key[run]
            first[count] = starts[run]
            count += 1
        group[run] = count - 1
    return count


@compiled(void(I8, I8, I8W))
def spread(starts: Ints, group: Ints, of_row: Ints) -> None:
    """The group of each row."""
    for run in range(len(group)):
        for row in range(starts[run], starts[run + 1]):
            of_row[row] = group[run]


@compiled(void(I8, I8, I8, I8W))
def add(starts: Ints, group: Ints, values: Ints, sums: Ints) -> None:
    """Whole numbers by group; null counts as nothing."""
    for run in range(len(group)):
        total = 0
        for row in range(starts[run], starts[run + 1]):
            total += values[row] if values[row] != NULL else 0
        sums[group[run]] += total


@compiled(void(I8, I8, I8W))
def add_at(code: Ints, values: Ints, sums: Ints) -> None:
    """Whole numbers by code."""
    for row in range(len(code)):
        sums[code[row]] += values[row]


@compiled(void(I8, I8, F8, F8W))
def add_reals(starts: Ints, group: Ints, values: Floats, sums: Floats) -> None:
    """Real numbers by group; NaN counts as nothing."""
    for run in range(len(group)):
        for row in range(starts[run], starts[run + 1]):
            if values[row] == values[row]:
                sums[group[run]] += values[row]


@compiled(void(I8, I8, B1, B1W))
def any_of(starts: Ints, group: Ints, flags: Bools, found: Bools) -> None:
    """Groups of which one row is so."""
    for run in range(len(group)):
        for row in range(starts[run], starts[run + 1]):
            if flags[row]:
                found[group[run]] = True


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
