"""The ledger's identities on random histories: to the cent, whatever the order of rows and however it is cut."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.histories import random_history
from engine.ledger.history import Ledger, Options, form_8949, ledger, open_history
from engine.ledger.history.tables import basis_per_share
from kernels.money import amount_cents, basis_cents

ACCOUNTS = 60
METHODS = (
    {"method": "fifo"},
    {"method": "hifo", "wash_sold_earlier": "count"},
    {"method": "lifo", "wash_tacking": "date"},
)


def cents(column: pa.ChunkedArray) -> int:
    return int(100 * sum(column.to_pylist(), Decimal(0)))


def history(seed: int) -> pa.Table:
    rows = random_history(ACCOUNTS, seed)
    odd = pc.add(rows["quantity"], pc.divide(pc.cast(pc.bit_wise_and(np.arange(len(rows)), 7), "float64"), 1e6))
    buys = pc.equal(rows["side"], "BUY")
    place = rows.column_names.index("quantity")
    return rows.set_column(place, "quantity", pc.if_else(buys, odd, rows["quantity"]))


@pytest.mark.parametrize("options", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_cost_and_disallowed_losses_are_basis_and_shares_are_conserved(seed: int, options: dict[str, str]) -> None:
    rows = history(seed)
    made = ledger(rows, None, Options(**options))
    assert made.exceptions.num_rows == 0
    assert made.totals.disallowed > 0
    bought = rows.filter(pc.equal(rows["side"], "BUY"))
    cost = sum(
        amount_cents(round(quantity * 1e6), round(price * 1e6))
        for quantity, price in zip(bought["quantity"].to_pylist(), bought["price"].to_pylist(), strict=True)
    )
    left = sum(int(100 * round(row["quantity"] * row["cost_basis"], 2)) for row in made.lots.to_pylist())
    kept = made.totals.disallowed - made.totals.gone
    assert cost + kept == cents(made.realised["cost_basis"]) + left
    assert cents(made.realised["adjustment"]) == made.totals.disallowed
    gain = cents(made.realised["proceeds"]) - cents(made.realised["cost_basis"]) + made.totals.disallowed
    assert cents(made.realised["gain"]) == gain
    sold, lots = (sum(table["quantity"].to_pylist(), Decimal(0)) for table in (made.realised, made.lots))
    assert sold + lots == sum(Decimal(f"{quantity:.6f}") for quantity in bought["quantity"].to_pylist())


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_of_rows_nor_the_cut_into_slices_matters(seed: int) -> None:
    rows = history(seed)
    shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(len(rows))))
    whole, other = ledger(rows), ledger(shuffled)
    assert whole.realised.equals(other.realised)
    assert whole.lots.equals(other.lots)
    sliced = open_history(shuffled, None, Options(), file="", actions_file="", most_trades=37)
    assert len(sliced.spans) > 10
    made: list[Ledger] = list(sliced.ledgers())
    assert pa.concat_tables(each.realised for each in made).equals(whole.realised)
    assert pa.concat_tables(each.lots for each in made).equals(whole.lots)
    assert sum((each.totals for each in made), sliced.refused.totals) == whole.totals


def test_the_form_holds_taxable_sales_of_the_year_in_two_parts() -> None:
    made = ledger(history(1))
    taxable = made.realised.filter(pc.equal(made.realised["tax_status"], "taxable"))
    assert 0 < taxable.num_rows < made.realised.num_rows
    form = form_8949(made.realised)
    assert cents(form["(h) gain or loss"]) == cents(taxable["gain"]) == made.totals.short_gain + made.totals.long_gain
    short = form.filter(pc.equal(form["part"], "I"))
    assert cents(short["(h) gain or loss"]) == made.totals.short_gain
    years = range(2018, 2030)
    assert sum(form_8949(made.realised, year).num_rows for year in years) == form.num_rows
    (first,) = form.slice(0, 1).to_pylist()
    row = taxable.slice(0, 1).to_pylist()[0]
    shares = f"{row['quantity']:f}".rstrip("0").rstrip(".")
    assert first["(a) description"] == f"{shares} sh. {row['security_id']}"
    assert first["(c) date sold"] == row["sold"].strftime("%m/%d/%Y")
    assert first["(f) code"] == row["code"]


@given(st.integers(0, 10**11), st.integers(1, 10**14))
def test_basis_per_share_gives_the_cents_back_exactly_and_in_float64(basis: int, quantity: int) -> None:
    (per_share,) = basis_per_share(np.array([basis]), np.array([quantity])).to_pylist()
    shares = Decimal(quantity) / 10**6
    assert round(shares * per_share * 100) == basis
    assert basis_cents(float(shares), float(per_share)) == basis
