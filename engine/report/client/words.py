"""What a client is told, in plain words, of reasons and codes."""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "TRACK": "To keep the mix of the account close to its target",
    "HARVEST": "To take a loss that lowers your tax",
    "CASH": "To raise cash that is needed, or to invest cash that is not",
    "SELL_OUT": "Because you, or a rule of the account, asked for it to go",
    "TRANSITION": "To move, step by step, out of what you held before",
}
"""In the order of the contract's reasons; a test holds them to it."""

CODES: Final = {
    "IN_BAND": "The account is close enough to its target. Trading would have cost more than it gained.",
    "NO_BENEFIT": "The best trades found would have improved the account by too little to be worth their cost.",
    "MIN_TRADE": "Every trade worth making was smaller than the least order of the account.",
    "RESTRICTED": "What is away from its target may not be traded under the account's restrictions.",
    "BUDGET": "The account has used up the gains or the tax that it may take this year.",
    "PRESERVED": "The account takes no net gain before the date that was agreed.",
    "ALL_CASH_HELD": "The cash that is free does not buy one share.",
    "LOCKED": "Shares that may not be sold were left where they are.",
    "WASH_WAIT": "Shares wait: your household bought the same, or nearly the same, in the last 30 days.",
    "BUDGET_EXCEEDED": "More gain or tax than the year's budget was taken, because cash, a restriction or a sale that "
    "was asked for left no choice.",
    "LOSS_SHORT": "The shares that may be sold do not lose as much as was asked for.",
    "TRACKING_MISSED": "Within its rules the account cannot follow its target as closely as was asked for.",
    "TURNOVER_EXCEEDED": "More was traded than the account's limit, because cash, a sale that was asked for or another "
    "limit left no choice.",
    "TRANSITION_WAITS": "Some of what you held before stays for now: budgets or a rule leave no room for it.",
    "UNTRADABLE": "A security cannot be traded today.",
}
"""Codes of accounts left as they are and of warnings; a test holds them to `engine.codes`."""

NOT_DECIDED: Final = (
    "The account was not traded. Something in its data has to be put right first, or its rules cannot hold together; "
    "your adviser has been told."
)
RULES: Final = {
    "never_buy": "never to be bought",
    "never_sell": "never to be sold",
    "sell_out": "to be sold",
    "min_weight": "least weights",
    "max_weight": "greatest weights",
    "screen": "lists of excluded names",
    "factor_min": "least exposures",
    "factor_max": "greatest exposures",
}
STATUSES: Final = {"TRADED": "traded", "NO_TRADE": "left as it is", "EXCEPTION": "not decided"}
TAXED: Final = {"deferred": "tax-deferred", "exempt": "tax-exempt"}
