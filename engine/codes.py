"""Why an account was not traded, or needs a person: one enum, each member with what to do.

`results.code` and `exceptions.code` hold the member's name. The documentation's table is generated from here.
"""

from __future__ import annotations

import enum


class Severity(enum.Enum):
    """ERROR: the account is an exception. WARNING: it was decided, and a person should look. INFO: for the record."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class Code(enum.Enum):
    """Member name = code; value = what to do about it."""

    # The book is refused.
    TABLE_MISSING = "Deliver the table."
    COLUMN_MISSING = "Add the column."
    COLUMN_TYPE = "Write the column in a type of its kind: numbers as float64, decimal or integer, dates as dates."
    FILE_UNREADABLE = "Write the file again as Parquet."
    PARTS_MISMATCH = "Give every account table the same part numbers."
    NULL_VALUE = "Fill the value in."
    BAD_VALUE = "Correct the value."
    DUPLICATE_KEY = "Keep one row of each key."
    UNKNOWN_NAME = "Correct the name, or add what it names."
    COVARIANCE_INVALID = "Deliver a complete, symmetric, positive semidefinite factor covariance."
    BOOK_HEADER = "Correct book.json."

    # A model is faulty: its followers are exceptions.
    MODEL_INVALID = "Correct the model's rows in models: no cycle, known names, weights that sum to 1 within 1e-6."

    # One account is faulty.
    ACCOUNT_DUPLICATE = "Keep one accounts row for the account."
    ACCOUNT_SPLIT = "Put every row of the account, and of its household, in the same part number (wholebook pack does)."
    LOT_WITHOUT_ACCOUNT = "Add the account to accounts in the same part, or remove its rows."
    LOT_DUPLICATE = "Give each lot of the account its own lot_id."
    SECURITY_UNKNOWN = "Add the security to securities, or correct the security_id."
    PRICE_MISSING = "Deliver a price above zero for the security."
    PRICE_STALE = "Deliver today's price of the security, or raise max_price_age_days."
    RISK_MISSING = "Add the security to risk_specific (wholebook risk fits a model from prices)."
    QUANTITY_INVALID = "Correct the quantity; it must be above zero."
    BASIS_INVALID = "Correct the cost basis; it must be zero or more."
    DATE_INVALID = "Correct the date; it must be present and not after as_of."
    VALUE_NOT_FINITE = "Replace the empty or NaN value by a number."
    VALUE_OUT_OF_RANGE = "Bring the value into its range."
    VALUE_UNKNOWN = "Use one of the values that the contract lists."
    MODEL_MISSING = "Add the model to models, or correct the account's model_id."
    POLICY_MISSING = "Add the policy to policies, or correct the account's policy_id."
    SCREEN_MISSING = "Add the screen to screens, or correct the restriction."
    RESTRICTION_INVALID = "Complete the restriction: each kind needs the columns that the contract names."
    ACCOUNT_EMPTY = "Fund the account, or close it; its value is not above zero."
    SETTINGS_CONFLICT = "Bring the account's settings in order: cash_min <= cash_target <= cash_max."

    # The ledger leaves a household out.
    ACCOUNT_INCONSISTENT = "Give the account one household_id and one tax_status on all its rows."
    LOT_UNKNOWN = "Name a lot that the account bought, or leave lot_id empty for the method to choose."
    OVERSOLD = "Correct the sale, or deliver the account's history from its first purchase."
    HOUSEHOLD_FAULTY = "Correct the other account; wash sales tie the accounts of a household together."

    # The settlement leaves something undone.
    FLOW_UNPAID = "Raise the cash and settle again; the payment stays in flows."
    TWIN_ANEW = "Nothing; what its tax-blind twin told of the years before the correction is gone."
    CASH_OVERDRAWN = "Check the fills' prices, or bring cash in; fills are facts and were booked."

    # The account could not be decided.
    RESTRICTIONS_CONFLICT = "Lift one of the restrictions named; together they cannot hold."
    CASH_UNREACHABLE = "Unlock lots, lift a never_sell or lower cash_min; what may be sold does not raise the cash."
    TARGET_EMPTY = "Lift a screen or name substitutes; nothing that the model holds is permitted."
    NOT_SOLVED = "Report the account; the solver's answer could not be certified."
    WITHHELD = "Report the message; the verifier refused trades of the household, which was left alone."
    INTERNAL_ERROR = "Report the message; the account was left alone."

    # Warnings: decided, worth a look.
    LOCKED = "Nothing, or unlock the lots; a rule asked to sell lots that may not be sold."
    WASH_WAIT = "Nothing; the lots are sold once 30 days have passed since the household bought the name."
    BUDGET_EXCEEDED = "Nothing, or raise the budget; cash or a sell_out had to be raised beyond it."
    LOSS_SHORT = "Nothing, or lower forced_loss; the lots that may be sold do not lose so much."
    TRACKING_MISSED = "Nothing, or loosen restrictions, budgets or the target; nothing allowed tracks so near."
    TURNOVER_EXCEEDED = "Nothing, or raise max_turnover; cash, a sell_out or a limit asked for more."
    TRANSITION_WAITS = "Nothing, or raise the budget, lift the rule named or move transition_until."
    UNTRADABLE = "Nothing today; a rule asked to trade a name that is not tradable."

    # Decided not to trade, and why.
    IN_BAND = "Nothing; the account is within its bands."
    NO_BENEFIT = "Nothing; the best trades improve the objective by less than min_benefit_bp."
    MIN_TRADE = "Nothing; every trade worth making is smaller than min_trade_usd or one share."
    RESTRICTED = "Nothing, or lift restrictions; what is out of band may not be traded."
    BUDGET = "Nothing, or raise the budget; the account's rules ask for more than it allows."
    PRESERVED = "Nothing until preserve_until; the account's rules ask for a net gain before it."
    ALL_CASH_HELD = "Nothing; the cash above the floor does not buy one share."
