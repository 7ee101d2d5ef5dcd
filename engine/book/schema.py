"""The contract, version 1: every table, column, kind and bound, in one place.

Readers, the validator, the writers and the documentation take names, kinds and meanings from here and nowhere else.
A reader ignores columns it does not know; an optional column that is absent reads as its default.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import pyarrow as pa

SCHEMA_VERSION: Final = 1


class Kind(enum.Enum):
    """What a column may hold. Input numbers may be float, decimal or integer; text dates are refused."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    BOOL = "bool"

    def accepts(self, dtype: pa.DataType) -> bool:
        """True where an Arrow column of type `dtype` can be read as this kind without guessing."""
        return _accepts(self, dtype)


@cache
def _accepts(kind: Kind, dtype: pa.DataType) -> bool:
    if pa.types.is_dictionary(dtype):
        dtype = dtype.value_type
    text = pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype)
    number = pa.types.is_floating(dtype) or pa.types.is_decimal(dtype) or pa.types.is_integer(dtype)
    fits = {
        Kind.TEXT: text,
        Kind.NUMBER: number,
        Kind.INTEGER: pa.types.is_integer(dtype),
        Kind.DATE: pa.types.is_date(dtype) or pa.types.is_timestamp(dtype),
        Kind.BOOL: pa.types.is_boolean(dtype),
    }
    return bool(fits[kind] or pa.types.is_null(dtype))


@dataclass(frozen=True)
class Column:
    """One column. `above`/`least`/`most` bound numbers (above is strict); `choices` bounds text."""

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    above: float | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One input table. `key` columns are unique together; `per_part` tables come in numbered parts."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = True
    per_part: bool = False
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})


def _text(name: str, meaning: str, *, required: bool = True, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.TEXT, meaning, required, choices=choices)


def _number(
    name: str,
    meaning: str,
    *,
    required: bool = True,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> Column:
    return Column(name, Kind.NUMBER, meaning, required, above=above, least=least, most=most)


def _date(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name, Kind.DATE, meaning, required)


def _bool(name: str, meaning: str) -> Column:
    return Column(name, Kind.BOOL, meaning, required=False)


TAX_STATUSES: Final = ("taxable", "deferred", "exempt")
RESTRICTION_KINDS: Final = (
    "never_buy",
    "never_sell",
    "sell_out",
    "min_weight",
    "max_weight",
    "screen",
    "factor_min",
    "factor_max",
)
SIDES: Final = ("BUY", "SELL")
TERMS: Final = ("SHORT", "LONG")
REASONS: Final = ("TRACK", "HARVEST", "CASH", "SELL_OUT", "TRANSITION")
STATUSES: Final = ("TRADED", "NO_TRADE", "EXCEPTION")

_SETTING_COLUMNS: Final = (
    _number("risk_aversion", "weight of annual tracking variance against one-off cost", required=False, above=0),
    _number("tracking_error_target", "annual tracking error to aim at", required=False, above=0),
    _number("tax_sensitivity", "multiplies tax cost in the objective", required=False, least=0),
    _number("st_rate", "all-in marginal rate of short-term gain", required=False, least=0, most=1),
    _number("lt_rate", "all-in marginal rate of long-term gain", required=False, least=0, most=1),
    Column("harvest", Kind.BOOL, "losses may be taken for their tax value", required=False),
    _number("loss_value", "worth of a carried loss as a fraction of lt_rate", required=False, least=0, most=1),
    _number("ordinary_offset", "net loss deductible against ordinary income, USD a year", required=False, least=0),
    _number("gain_budget", "most net realised gain of the tax year, USD", required=False),
    _number("tax_budget", "most tax of the tax year, USD", required=False),
    _number("forced_loss", "realise at least this loss, USD", required=False, least=0),
    _date("preserve_until", "realise no net gain before this date", required=False),
    _number("cash_target", "cash to hold, fraction of value", required=False, least=0, most=1),
    _number("cash_min", "hard floor of cash, fraction of value", required=False, least=0, most=1),
    _number("cash_max", "soft cap of cash, fraction of value", required=False, least=0, most=1),
    _number("drift_band", "no routine trading while tracking error and gaps stay inside", required=False, least=0),
    _number("min_trade_usd", "no smaller order, USD", required=False, least=0),
    _number("min_position_usd", "no smaller position left, USD", required=False, least=0),
    _number("max_turnover", "cap of the smaller side, fraction of value", required=False, least=0),
    _number("min_benefit_bp", "no trading for less improvement of the objective, bp", required=False, least=0),
    _number("ticket_usd", "fixed cost of each order, USD", required=False, least=0),
    _number("expense_horizon_years", "years of expense ratio counted as holding cost", required=False, least=0),
    _number("harvest_option", "weight of the option value of waiting", required=False, least=0),
    _number("max_price_age_days", "an older price is a stale price", required=False, least=0),
    _number("sector_band", "each sector within this of its target weight, soft", required=False, least=0),
    _number("band_penalty", "cost of one unit of breach of a soft row, fraction of value", required=False, least=0),
    _number("max_weight", "cap of any one security, fraction of value", required=False, above=0, most=1),
    _date("transition_until", "date by which legacy positions are to be gone", required=False),
    _text("wash_policy", "what to do about wash sales", required=False, choices=("avoid", "forbid", "ignore")),
    _text("wash_tacking", "tack by days held or by date", required=False, choices=("days", "date")),
    _text("wash_before_lot", "shares bought before the loss lot replace", required=False, choices=("count", "ignore")),
    _text("wash_same_day", "shares sold on the day of the loss replace", required=False, choices=("count", "ignore")),
    _text("wash_sold_earlier", "shares sold before the loss replace", required=False, choices=("count", "ignore")),
)
SETTING_COLUMNS: Final[dict[str, Column]] = {column.name: column for column in _SETTING_COLUMNS}

_TABLES: Final = (
    Table(
        "securities",
        "every security that an account may hold or a model may name",
        (
            _text("security_id", "key"),
            _text("symbol", "ticker", required=False),
            _text("name", "name for people", required=False),
            _text("asset_class", "asset class", required=False),
            _text("sector", "sector", required=False),
            _number("price", "USD a share", above=0),
            _date("price_date", "day of the price"),
            _number("half_spread_bps", "half the bid-ask spread, bp (default 2)", required=False, least=0),
            _number("adv_shares", "average daily volume, shares", required=False, least=0),
            _bool("fractional", "fractions of a share may be traded (default false)"),
            _bool("tradable", "may be traded today (default true)"),
            _text("wash_group", "members are substantially identical (default: itself)", required=False),
            _number("expense_ratio_bps", "annual expense ratio, bp (default 0)", required=False, least=0),
        ),
        key=("security_id",),
    ),
    Table(
        "models",
        "model portfolios; a model may hold models (sleeves)",
        (
            _text("model_id", "the model"),
            _text("security_id", "a name it holds, or null", required=False),
            _text("child_model_id", "a model it holds, or null", required=False),
            _number("weight", "fraction; the weights of a model sum to 1 within 1e-6"),
        ),
    ),
    Table(
        "risk_exposures",
        "factor exposures B",
        (_text("security_id", "the security"), _text("factor", "the factor"), _number("exposure", "its exposure")),
        key=("security_id", "factor"),
    ),
    Table(
        "risk_covariance",
        "factor covariance F, annual, symmetric, positive semidefinite",
        (_text("factor_1", "row"), _text("factor_2", "column"), _number("covariance", "annual")),
        key=("factor_1", "factor_2"),
    ),
    Table(
        "risk_specific",
        "specific variance, annual",
        (_text("security_id", "the security"), _number("variance", "annual", above=0)),
        key=("security_id",),
    ),
    Table(
        "screens",
        "named exclusion lists",
        (_text("screen_id", "the list"), _text("security_id", "a name it excludes")),
        key=("screen_id", "security_id"),
        required=False,
    ),
    Table(
        "substitutes",
        "what may stand in for a name",
        (
            _text("security_id", "the name"),
            _text("substitute_id", "its substitute"),
            _number("rank", "1 is the first choice"),
        ),
        key=("security_id", "substitute_id"),
        required=False,
    ),
    Table(
        "policies",
        "named sets of settings",
        (_text("policy_id", "the policy"), *_SETTING_COLUMNS),
        key=("policy_id",),
        required=False,
    ),
    Table(
        "accounts",
        "one row an account",
        (
            _text("account_id", "key"),
            _text("household_id", "taxpayer, spouse and their retirement accounts (default: itself)", required=False),
            _text("model_id", "the model it follows"),
            _text("policy_id", "its policy", required=False),
            _text("tax_status", "how it is taxed", choices=TAX_STATUSES),
            _number("cash", "USD"),
            _number("realised_st_ytd", "net short-term gain this year, USD, negative = loss", required=False),
            _number("realised_lt_ytd", "net long-term gain this year, USD, negative = loss", required=False),
            _number("carryforward_st", "short-term loss carried in, USD", required=False, least=0),
            _number("carryforward_lt", "long-term loss carried in, USD", required=False, least=0),
            _number("fee_bps", "advisory fee, bp a year", required=False, least=0),
            _number("saved_ytd", "tax that runs saved by harvests and lot choice this year, USD", required=False),
            _number("saved_since_inception", "the same since the account began, USD", required=False),
            _number("fees_ytd", "advisory fee accrued this year, USD", required=False),
            _number("fees_since_inception", "the same since the account began, USD", required=False),
            *_SETTING_COLUMNS,
        ),
        key=("account_id",),
        per_part=True,
    ),
    Table(
        "lots",
        "tax lots held",
        (
            _text("account_id", "the account"),
            _text("lot_id", "unique in the account"),
            _text("security_id", "what is held"),
            _number("quantity", "shares", above=0),
            _number("cost_basis", "USD a share, adjusted", least=0),
            _date("acquired", "day of purchase"),
            _date("holding_start", "start of the holding period where tacked (default acquired)", required=False),
            _bool("locked", "may not be sold (default false)"),
        ),
        key=("account_id", "lot_id"),
        per_part=True,
    ),
    Table(
        "restrictions",
        "what an account may not do, or must",
        (
            _text("account_id", "the account"),
            _text("kind", "the rule", choices=RESTRICTION_KINDS),
            _text("security_id", "the name it is about", required=False),
            _text("sector", "the sector it is about", required=False),
            _text("screen_id", "the screen it applies", required=False),
            _text("factor", "the factor it is about", required=False),
            _number("value", "its limit", required=False),
        ),
        required=False,
        per_part=True,
    ),
    Table(
        "activity",
        "executed trades of at least the last 61 days",
        (
            _text("account_id", "the account"),
            _date("trade_date", "day of the trade"),
            Column("sequence", Kind.INTEGER, "order within the day", required=False),
            _text("security_id", "what was traded"),
            _text("side", "BUY or SELL", choices=SIDES),
            _number("quantity", "shares", above=0),
            _number("price", "USD a share", least=0),
            _text("lot_id", "the lot sold or opened", required=False),
            _number("realised_gain", "gain of a sell after `wash_disallowed`, USD", required=False),
            _number("wash_disallowed", "loss of a sell that was disallowed, USD", least=0, required=False),
            _date("holding_start", "where a sold lot's holding period started", required=False),
            _text("term", "of the gain", required=False, choices=TERMS),
            _bool("reinvestment", "a dividend reinvested"),
        ),
        required=False,
        per_part=True,
    ),
    Table(
        "flows",
        "money on its way, not yet in cash",
        (_text("account_id", "the account"), _date("date", "day"), _number("amount", "USD, + in, - out")),
        required=False,
        per_part=True,
    ),
)
BOOK_TABLES: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
FIRM_TABLES: Final = tuple(table.name for table in _TABLES if not table.per_part)
PART_TABLES: Final = tuple(table.name for table in _TABLES if table.per_part)

MONEY: Final = pa.decimal128(18, 2)
SHARES: Final = pa.decimal128(18, 6)
PRICE: Final = pa.decimal128(18, 6)
_TEXT: Final = pa.string()
_REAL: Final = pa.float64()

OUTPUT_TABLES: Final[dict[str, pa.Schema]] = {
    "trades": pa.schema(
        [
            ("run_id", _TEXT),
            ("account_id", _TEXT),
            ("security_id", _TEXT),
            ("side", _TEXT),
            ("lot_id", _TEXT),
            ("quantity", SHARES),
            ("price", PRICE),
            ("amount", MONEY),
            ("cost_basis", MONEY),
            ("wash_disallowed", MONEY),
            ("realised_gain", MONEY),
            ("term", _TEXT),
            ("reason", _TEXT),
        ]
    ),
    "results": pa.schema(
        [
            ("account_id", _TEXT),
            ("status", _TEXT),
            ("code", _TEXT),
            ("message", _TEXT),
            ("value", MONEY),
            ("te_before", _REAL),
            ("te_after", _REAL),
            ("target_id", _TEXT),
            ("drift_before", _REAL),
            ("drift_after", _REAL),
            ("turnover", _REAL),
            ("realised_st", MONEY),
            ("realised_lt", MONEY),
            ("tax_cost", MONEY),
            ("tax_blind", MONEY),
            ("tax_saved_or_deferred", MONEY),
            ("saved_by_lot_choice", MONEY),
            ("deferred_gains", MONEY),
            ("harvested", MONEY),
            ("cash_before", MONEY),
            ("cash_after", MONEY),
            ("objective_bp", _REAL),
            ("gap_bp", _REAL),
            ("solver", _TEXT),
            ("iterations", pa.int32()),
        ]
    ),
    "exceptions": pa.schema(
        [
            ("account_id", _TEXT),
            ("stage", _TEXT),
            ("code", _TEXT),
            ("severity", _TEXT),
            ("field", _TEXT),
            ("value", _TEXT),
            ("limit", _TEXT),
            ("message", _TEXT),
        ]
    ),
    "targets": pa.schema([("target_id", _TEXT), ("security_id", _TEXT), ("weight", _REAL)]),
    "orders": pa.schema(
        [
            ("security_id", _TEXT),
            ("side", _TEXT),
            ("quantity", SHARES),
            ("amount", MONEY),
            ("accounts", pa.int32()),
        ]
    ),
}

RESULT_MONEY: Final = tuple(field.name for field in OUTPUT_TABLES["results"] if pa.types.is_decimal(field.type))
"""Columns of money in `results`, USD to the cent."""
