"""Words of the tables by number, as `columns.choice` reads them: 0 for null, -1 for another word."""

BUY, SELL = 1, 2
SHORT, LONG = 1, 2
TRACK, HARVEST, CASH, SELL_OUT, TRANSITION = 1, 2, 3, 4, 5
TRADED, NO_TRADE, EXCEPTION = 1, 2, 3
TAXABLE, DEFERRED, EXEMPT = 1, 2, 3
