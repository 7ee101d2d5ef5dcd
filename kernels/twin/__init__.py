"""The tax-blind twin: the same account rebalanced without regard to tax, its lots sold first in, first out.

What a run saved or deferred is measured against it (OPTIMISATION section 5, docs/saved.md).

    memory    the arrays that one account needs, made once for the largest
    names     names held and aimed at, and what the account's rules allow of each
    goals     the weights that close every gap as far as rules, limits and cash allow
    orders    whole shares, minimum trades, the cash floor
    fifo      what a sale realises where the earliest lots go first
    account   the twin of one account, and of all in their turn
    carry     what twins with lots of their own trade on a day
"""
