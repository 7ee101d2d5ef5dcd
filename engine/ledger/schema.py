"""What the ledger reads and writes (contract, section 4): columns in, columns out."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from engine.book.schema import BOOK_TABLES, MONEY, OUTPUT_TABLES, SHARES, TAX_STATUSES, Column, Kind, Table

TRADES: Final = BOOK_TABLES["activity"]
HISTORY: Final = Table(
    TRADES.name,
    "an account's whole trade history",
    (
        *TRADES.columns,
        Column("household_id", Kind.TEXT, "whose wash sales count together (default: the account itself)", False),
        Column("tax_status", Kind.TEXT, "how the account is taxed (default: taxable)", False, choices=TAX_STATUSES),
        Column("wash_group", Kind.TEXT, "members are substantially identical (default: the security itself)", False),
    ),
)
ACTION_KINDS: Final = (
    "SPLIT",
    "STOCK_DIVIDEND",
    "CASH_DIVIDEND",
    "RETURN_OF_CAPITAL",
    "SYMBOL",
    "MERGER",
    "SPIN_OFF",
)
CORPORATE_ACTIONS: Final = Table(
    "corporate_actions",
    "what happened to a security itself",
    (
        Column("date", Kind.DATE, "day; the action comes before the day's trades"),
        Column("sequence", Kind.INTEGER, "order within the day", required=False),
        Column("security_id", Kind.TEXT, "the security"),
        Column("kind", Kind.TEXT, "what happened", choices=ACTION_KINDS),
        Column("ratio", Kind.NUMBER, "new shares per old; of a stock dividend new per share held", False, above=0),
        Column("cash", Kind.NUMBER, "USD a share; of a split or spin-off per new share, for fractions", False, least=0),
        Column("price", Kind.NUMBER, "of a merger for shares and cash: worth of a new share, USD", False, above=0),
        Column("new_security_id", Kind.TEXT, "the security it becomes, or that is spun off", False),
        Column("basis_fraction", Kind.NUMBER, "of a spin-off: basis that goes to the new name", False, least=0, most=1),
    ),
    required=False,
)

REALISED: Final = pa.schema(
    [
        ("account_id", pa.string()),
        ("security_id", pa.string()),
        ("lot_id", pa.string()),
        ("quantity", SHARES),
        ("acquired", pa.date32()),
        ("holding_start", pa.date32()),
        ("sold", pa.date32()),
        ("proceeds", MONEY),
        ("cost_basis", MONEY),
        ("code", pa.string()),
        ("adjustment", MONEY),
        ("gain", MONEY),
        ("term", pa.string()),
        ("tax_status", pa.string()),
    ]
)
BASIS_PER_SHARE: Final = pa.decimal128(38, 12)
LOTS: Final = pa.schema(
    [
        ("account_id", pa.string()),
        ("lot_id", pa.string()),
        ("security_id", pa.string()),
        ("quantity", SHARES),
        ("cost_basis", BASIS_PER_SHARE),
        ("acquired", pa.date32()),
        ("holding_start", pa.date32()),
    ]
)
EXCEPTIONS: Final = OUTPUT_TABLES["exceptions"]
