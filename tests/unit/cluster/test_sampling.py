import pytest

from cluster.plan import InputFile, Part
from cluster.sampling import Compared, Sample, compare, draw


def parts(*accounts: int) -> list[Part]:
    return [
        Part(number, (InputFile("accounts", f"accounts/{number}", "", rows, 0), InputFile("lots", "l", "", 7, 0)))
        for number, rows in enumerate(accounts)
    ]


@pytest.mark.parametrize(
    ("accounts", "sample", "count"),
    [
        ((300, 700), Sample(), 20),
        ((30_000, 10_000), Sample(), 200),
        ((5, 0, 6), Sample(), 11),
        ((300, 700), Sample(share=0.0, least=0), 0),
        ((300, 701), Sample(share=0.1, least=0), 101),
    ],
)
def test_so_many_accounts_are_drawn(accounts, sample, count):
    drawn = draw("00ff", parts(*accounts), sample)
    assert sum(map(len, drawn.values())) == count
    for number, rows in drawn.items():
        assert len(set(rows)) == len(rows)
        assert all(0 <= row < accounts[number] for row in rows)


def test_the_run_is_the_seed():
    book = parts(500, 500)
    assert draw("00ff", book, Sample()) == draw("00ff", book, Sample())
    assert draw("00ff", book, Sample()) != draw("00fe", book, Sample())


def test_every_account_may_be_drawn():
    seen = {row for run in range(200) for row in draw(f"{run:04x}", parts(40), Sample(share=0, least=5))[0]}
    assert seen == set(range(40))


def test_what_came_of_it():
    told = compare(
        [
            Compared(account_id="B", solver="newton", excess_bp=-0.01),
            Compared(account_id="A", solver="newton", excess_bp=0.04),
            Compared(account_id="C", solver="osqp", excess_bp=None),
        ]
    )
    assert [one.account_id for one in told.solved] == ["A", "B", "C"]
    assert (told.accounts, told.not_solved_by_osqp) == (3, 1)
    assert (told.largest_excess_bp, told.mean_excess_bp) == (0.04, 0.015)
    assert compare([]).largest_excess_bp is None
