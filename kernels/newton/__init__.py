"""Dual semismooth Newton for one half of an account's problem: exact, certified by its caller, without allocation.

    work       the account, scaled, and the memory that the iterations use; `store` makes it, `pose` fills it
    answer     what one name does at a price, and all names along a line of prices
    system     the Newton system in the prices that may move
    eliminate  the factors taken out of it, by the Gram matrix (`gram`) or by the names where these are fewer
    tie        two pieces of a name that cost the same
    search     the exact step along a direction
    ray        prices that prove the hard rules to be in conflict
    solve      the iterations

After Qi, Sun 2006, "A quadratically convergent Newton method for computing the nearest correlation matrix", where the
dual is once differentiable and its gradient semismooth; here each name's answer is piecewise linear in its price, so
the iterations end after finitely many steps.
"""
