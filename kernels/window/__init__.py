"""The window of wash sales: recent trades and lots become purchases, what is left of them, and open losses.

Rows lie under segments, a household's rows of securities that share a fate. `purchases` finds what was bought, once
whether lots or trades tell it; `segments` puts rows under segments in the order of the law; `hard` tells the segments
that must be replayed and makes their events; `left` reads what is left.
"""
