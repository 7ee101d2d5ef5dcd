"""Whole accounts decided without leaving compiled code: from names and lots to lot-level trades.

    book      a part of the book as flat tables
    memory    everything one account needs while it is decided, made once for the largest
    names     what may be done with each name: restrictions, locks, caps
    pose      the account's problem
    half      the two convex halves of its netting schedule
    order     the order in which lots are sold
    judge     residuals, values and bounds of an answer, by our own arithmetic
    solve     one solve by dual Newton, judged
    sides     which side each name takes
    shares    small trades dropped, whole shares
    trades    lots relieved, amounts and reasons
    account   the story of one account, and of all in their turns
    once      the continuous pipeline, for measuring what the rest adds

What a kernel does not cover (`account.ELSEWHERE`) is decided by `engine.decide.account`, which states the same steps
one account at a time; tests hold the two against each other.
"""
