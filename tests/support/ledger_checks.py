"""What holds of every replayed history, whatever its shares and cents (docs/tax.md)."""

from __future__ import annotations

from collections import Counter

from kernels.pieces import NONE
from tests.reference.naive_history import Account, History
from tests.reference.naive_ledger import WINDOW
from tests.support.replayed import EPOCH

Rows = list[dict[str, int]]
TRADES = {"OPEN", "LOSS", "BUY", "SELL"}
ENTERS = {"OPEN", "BUY"}


def check_identities(history: History, pieces: Rows) -> None:
    """Every property below that fits the history; those that count shares only where no action changes them."""
    check_disallowed(history, pieces)
    check_absorbed(history, pieces)
    check_windows(history, pieces)
    check_sales(history, pieces)
    kinds = _kinds(history)
    if "RETURN_OF_CAPITAL" not in kinds:  # it lowers basis without a row
        check_money(history, pieces)
    if kinds <= TRADES:
        check_shares(history, pieces)
        check_no_loss_escapes(history, pieces)


def _kinds(history: History) -> set[str]:
    return {event.kind for event in history.events}


def _kind(history: History, piece: dict[str, int]) -> str | None:
    """Kind of the event that ended a piece; None while it is held."""
    return None if piece["event"] == NONE else history.events[piece["event"]].kind


def _account_number(history: History, piece: dict[str, int]) -> int:
    return piece["position"] // len(history.groups)


def _account(history: History, piece: dict[str, int]) -> Account:
    return history.accounts[_account_number(history, piece)]


def _group(history: History, piece: dict[str, int]) -> int:
    return history.groups[piece["position"] % len(history.groups)]


def check_disallowed(history: History, pieces: Rows) -> None:
    """A loss is disallowed on replaced shares, all of it, in taxable accounts; on others nothing is."""
    for piece in pieces:
        loss = piece["basis"] - piece["proceeds"]
        if piece["replaced"]:
            assert piece["event"] != NONE
            assert _account(history, piece).taxable
            assert piece["disallowed"] == loss >= 0
        else:
            assert piece["disallowed"] == 0
        assert piece["holding_start"] <= piece["acquired"]


def check_absorbed(history: History, pieces: Rows) -> None:
    """Each loss disallowed is absorbed once, by as many shares as lost it."""
    lost, taken = Counter(), Counter()
    plain = _kinds(history) <= TRADES
    for piece in pieces:
        if piece["replaced"]:
            lost[piece["event"], "cents"] += piece["disallowed"]
            lost[piece["event"], "shares"] += piece["quantity"] if plain else 0
        if piece["source"] != NONE:
            assert piece["washed"]
            taken[piece["source"], "cents"] += piece["absorbed"]
            taken[piece["source"], "shares"] += piece["quantity"] if plain else 0
        else:
            assert piece["absorbed"] == 0
    assert lost == taken


def check_windows(history: History, pieces: Rows) -> None:
    """What absorbed a loss was bought within 30 days of the sale, in its group, and is another purchase."""
    groups: dict[int, dict[int, set[int]]] = {}  # of each sale's replaced shares, by purchase
    for piece in pieces:
        if piece["replaced"]:
            groups.setdefault(piece["event"], {}).setdefault(piece["purchase"], set()).add(_group(history, piece))
    merged = "MERGER" in _kinds(history)
    for piece in pieces:
        if piece["source"] == NONE:
            continue
        sold = (history.events[piece["source"]].day - EPOCH).days
        assert abs(piece["acquired"] - sold) <= WINDOW.days
        others = [found for purchase, found in groups[piece["source"]].items() if purchase != piece["purchase"]]
        assert others
        # A merger may have taken the shares to another group since.
        assert merged or any(_group(history, piece) in found for found in others)


def check_sales(history: History, pieces: Rows) -> None:
    """A sale's pieces sum to its shares and its proceeds."""
    sold = Counter()
    for piece in pieces:
        if _kind(history, piece) == "SELL":
            sold[piece["event"], "shares"] += piece["quantity"]
            sold[piece["event"], "cents"] += piece["proceeds"]
    expected = Counter()
    for number, event in enumerate(history.events):
        if event.kind == "SELL":
            expected[number, "shares"], expected[number, "cents"] = event.quantity, event.amount
    assert sold == expected


def check_money(history: History, pieces: Rows) -> None:
    """To the cent, by account: costs and absorbed losses are the bases of what was sold and is held.

    So gains are proceeds less cost, plus the losses that went to retirement accounts for good, less what old losses
    gave to new shares.
    """
    for number, account in enumerate(history.accounts):
        mine = [piece for piece in pieces if _account_number(history, piece) == number]
        lots = [piece for piece in mine if _kind(history, piece) != "LOSS"]
        cost = sum(event.amount for event in history.events if event.account == number and event.kind in ENTERS)
        absorbed = sum(piece["absorbed"] for piece in mine) if account.taxable else 0
        assert cost + absorbed == sum(piece["basis"] for piece in lots)
    cost = sum(event.amount for event in history.events if event.kind in ENTERS)
    old = sum(piece["disallowed"] for piece in pieces if _kind(history, piece) == "LOSS")
    gone = sum(piece["absorbed"] for piece in pieces if not _account(history, piece).taxable)
    held = sum(piece["basis"] for piece in pieces if piece["event"] == NONE)
    rows = [piece for piece in pieces if _kind(history, piece) not in (None, "LOSS")]
    gain = sum(piece["proceeds"] - piece["basis"] + piece["disallowed"] for piece in rows)
    assert gain == sum(piece["proceeds"] for piece in rows) - cost + held + gone - old


def check_shares(history: History, pieces: Rows) -> None:
    """Every lot's shares are held or sold, once; every security's in every account too."""
    entered, found = Counter(), Counter()
    for event in history.events:
        if event.kind in ENTERS:
            position = event.account * len(history.groups) + event.security
            entered["lot", event.lot] += event.quantity
            entered["position", position] += event.quantity
    for piece in pieces:
        assert piece["quantity"] > 0
        if piece["lot"] != NONE:
            found["lot", piece["lot"]] += piece["quantity"]
            found["position", piece["position"]] += piece["quantity"]
    assert entered == found


def check_no_loss_escapes(history: History, pieces: Rows) -> None:
    """No loss is allowed while shares that would replace it have replaced none."""
    unused = [piece for piece in pieces if piece["lot"] != NONE and not piece["washed"] and not piece["replaced"]]
    for loss in pieces:
        claimed = _kind(history, loss) == "SELL" and not loss["replaced"] and loss["basis"] > loss["proceeds"]
        if claimed and _account(history, loss).taxable:
            assert not any(_would_replace(history, loss, bought) for bought in unused)


def _would_replace(history: History, loss: dict[str, int], bought: dict[str, int]) -> bool:
    policy, day = _account(history, loss), loss["sold"]
    sold = None if bought["event"] == NONE else bought["sold"]
    return (
        bought["purchase"] != loss["purchase"]
        and _group(history, bought) == _group(history, loss)
        and abs(bought["acquired"] - day) <= WINDOW.days
        and not (policy.ignore_before_lot and bought["acquired"] < loss["acquired"])
        and not (policy.ignore_same_day and sold == day)
        and (sold is None or sold >= day or policy.count_sold_earlier)
    )
