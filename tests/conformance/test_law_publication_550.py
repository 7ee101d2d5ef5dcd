"""The examples of IRS Publication 550, Investment Income and Expenses (public domain), each by its heading.

Where the publication gives no dates or lots, ours are marked. Days held are counted on a calendar.
"""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="Pub. 550, Wash Sales, Example 1",
        why="""
            'You buy 100 shares of X stock for $1,000. You sell these shares for $750 and within 30 days
            from the sale you buy 100 shares of the same stock for $800. ... you cannot deduct your loss
            of $250 on the sale. However, you add the disallowed loss of $250 to the cost of the new
            stock, $800, to obtain your basis in the new stock, which is $1,050.' Dates ours: held for
            91 days, so B is held from 91 days before its purchase.
        """,
        trades="""
            2009-03-02 buy 100 X for 1,000 lot A
            2009-06-01 sell 100 X for 750
            2009-06-15 buy 100 X for 800 lot B
        """,
        realised="2009-06-01 100 X A bought 2009-03-02 750.00 - 1,000.00 + 250.00 = 0.00 short",
        lots="100 X B bought 2009-06-15 held from 2009-03-16 1,050.00",
    ),
    Case(
        name="Pub. 550, Wash Sales, the disallowed loss is postponed, not lost",
        why="""
            'The effect of this adjustment is to postpone the loss deduction until the disposition of
            the new stock or securities.' Example 1, and the new stock sold for $850 two months later,
            nothing bought: 850 - 1,050 = -200, which is what was lost in all: 750 + 850 - 1,000 - 800.
        """,
        trades="""
            2009-03-02 buy 100 X for 1,000 lot A
            2009-06-01 sell 100 X for 750
            2009-06-15 buy 100 X for 800 lot B
            2009-08-17 sell 100 X for 850
        """,
        realised="""
            2009-06-01 100 X A bought 2009-03-02 750.00 - 1,000.00 + 250.00 = 0.00 short
            2009-08-17 100 X B bought 2009-06-15 held from 2009-03-16 850.00 - 1,050.00 = -200.00 short
        """,
    ),
    Case(
        name="Pub. 550, More or less stock bought than sold, Example 1",
        why="""
            'You bought 100 shares of M stock on September 24, 2009, for $5,000. On December 18, 2009,
            you bought 50 shares of substantially identical stock for $2,750. On December 28, 2009, you
            bought 25 shares ... for $1,125. On January 7, 2010, you sold for $4,000 the 100 shares you
            bought in September. ... you cannot deduct the loss ($750) on 75 shares. You can deduct the
            loss ($250) on the other 25 shares.' New bases $3,250 ($2,750 + $500) and $1,375 ($1,125 +
            $250). Held for 105 days.
        """,
        trades="""
            2009-09-24 buy 100 M for 5,000 lot SEP
            2009-12-18 buy 50 M for 2,750 lot DEC18
            2009-12-28 buy 25 M for 1,125 lot DEC28
            2010-01-07 sell 100 M for 4,000 lot SEP
        """,
        realised="""
            2010-01-07 50 M SEP bought 2009-09-24 2,000.00 - 2,500.00 + 500.00 = 0.00 short
            2010-01-07 25 M SEP bought 2009-09-24 1,000.00 - 1,250.00 + 250.00 = 0.00 short
            2010-01-07 25 M SEP bought 2009-09-24 1,000.00 - 1,250.00 = -250.00 short
        """,
        lots="""
            50 M DEC18 bought 2009-12-18 held from 2009-09-04 3,250.00
            25 M DEC28 bought 2009-12-28 held from 2009-09-14 1,375.00
        """,
    ),
    Case(
        name="Pub. 550, Loss and gain on same day",
        why="""
            'During 1997, you bought 100 shares of X stock on each of three occasions. You paid $158 a
            share for the first block ..., $100 a share for the second block, and $95 a share for the
            third block. On December 23, 2002, you sold 300 shares of X stock for $125 a share. On
            January 6, 2003, you bought 250 shares of identical X stock. You cannot deduct the loss of
            $33 a share on the first block ... In addition, you cannot reduce the gain realized on the
            sale of the second and third blocks of stock by this loss.' Days of 1997 and the price of
            the 250 (100) ours; the first block was held for 2,149 days.
        """,
        trades="""
            1997-02-03 buy 100 X at 158 lot FIRST
            1997-05-05 buy 100 X at 100 lot SECOND
            1997-08-04 buy 100 X at 95 lot THIRD
            2002-12-23 sell 300 X at 125
            2003-01-06 buy 250 X at 100 lot NEW
        """,
        realised="""
            2002-12-23 100 X FIRST bought 1997-02-03 12,500.00 - 15,800.00 + 3,300.00 = 0.00 long
            2002-12-23 100 X SECOND bought 1997-05-05 12,500.00 - 10,000.00 = 2,500.00 long
            2002-12-23 100 X THIRD bought 1997-08-04 12,500.00 - 9,500.00 = 3,000.00 long
        """,
        lots="""
            100 X NEW.1 bought 2003-01-06 held from 1997-02-17 13,300.00
            150 X NEW.2 bought 2003-01-06 15,000.00
        """,
    ),
    Case(
        name="Pub. 550, Wash Sales, your spouse buys",
        why="""
            'If you sell stock and your spouse or a corporation you control buys substantially identical
            stock, you also have a wash sale.' Example 1 with the spouse as buyer.
        """,
        trades="""
            2009-03-02 buy 100 X for 1,000 lot A
            2009-06-01 sell 100 X for 750
            2009-06-15 buy 100 X for 800 lot B in spouse
        """,
        realised="2009-06-01 100 X A bought 2009-03-02 750.00 - 1,000.00 + 250.00 = 0.00 short",
        lots="100 X B bought 2009-06-15 held from 2009-03-16 1,050.00 in spouse",
    ),
    Case(
        name="Pub. 550, Holding Period, on the anniversary",
        why="""
            Bought on 5 February 2008: a sale on 5 February 2009 is short-term, on 6 February long-term.
            Prices ours.
        """,
        trades="""
            2008-02-05 buy 100 X at 40 lot A
            2009-02-05 sell 50 X at 42
            2009-02-06 sell 50 X at 42
        """,
        realised="""
            2009-02-05 50 X A bought 2008-02-05 2,100.00 - 2,000.00 = 100.00 short
            2009-02-06 50 X A bought 2008-02-05 2,100.00 - 2,000.00 = 100.00 long
        """,
    ),
    Case(
        name="Pub. 550, Stock dividends, one share for $45",
        why="""
            'You owned one share of common stock that you bought for $45. The corporation distributed
            two new shares of common stock for each share held. You then had three shares of common
            stock. Your basis in each share is $15 ($45 / 3).' Dates ours; a sale of one of them at $20
            gains $5, and keeps the old holding period.
        """,
        trades="""
            1998-02-02 buy 1 C at 45 lot A
            1999-06-01 sell 1 C at 20
        """,
        actions="1999-03-01 STOCK_DIVIDEND C ratio 2",
        realised="1999-06-01 1 C A bought 1998-02-02 20.00 - 15.00 = 5.00 long",
        lots="2 C A bought 1998-02-02 30.00",
    ),
    Case(
        name="Pub. 550, Stock dividends, two lots",
        why="""
            'If you owned two shares before the distribution, one bought for $30 and the other for $45,
            you would have six shares after the distribution - three with a basis of $10 each ($30 / 3)
            and three with a basis of $15 each ($45 / 3).' Dates ours.
        """,
        trades="""
            1998-02-02 buy 1 C at 30 lot A
            1998-03-02 buy 1 C at 45 lot B
        """,
        actions="1999-03-01 STOCK_DIVIDEND C ratio 2",
        lots="""
            3 C A bought 1998-02-02 30.00
            3 C B bought 1998-03-02 45.00
        """,
    ),
    Case(
        name="Pub. 550, Fractional shares",
        why="""
            One share bought for $100; a common stock dividend of 5%; market value $200 a share; $10 is
            paid for the fraction. Basis of the stock dividend ($10 / $210) x $100 = $4.76, of the old
            share $95.24; gain $5.24, long-term where the share was held for more than a year. Dates
            ours.
        """,
        trades="1998-01-05 buy 1 C at 100 lot A",
        actions="2010-06-30 STOCK_DIVIDEND C ratio 0.05 cash 200",
        realised="2010-06-30 0.05 C A bought 1998-01-05 10.00 - 4.76 = 5.24 long",
        lots="1 C A bought 1998-01-05 95.24",
    ),
    Case(
        name="Pub. 17 (2017), Nondividend Distributions",
        why="""
            'You bought stock in 2004 for $100. In 2007, you received a nondividend distribution of $80.
            ... you reduced the basis of your stock to $20. You received a nondividend distribution of
            $30 in 2017. The first $20 of this amount reduced your basis to zero. You report the other
            $10 as a long-term capital gain' (IRC §301(c)(2), (3)). Days ours.
        """,
        trades="2004-05-03 buy 1 C at 100 lot A",
        actions="""
            2007-06-01 RETURN_OF_CAPITAL C cash 80
            2017-06-01 RETURN_OF_CAPITAL C cash 30
        """,
        realised="2017-06-01 0 C A bought 2004-05-03 10.00 - 0.00 = 10.00 long",
        lots="1 C A bought 2004-05-03 0.00",
    ),
    Case(
        name="IRS, Stocks (Options, Splits, Traders), two for one",
        why="""
            'You initially bought 100 shares at $10 per share. You later bought another 100 shares at
            $12 per share. XYZ Inc. announces a two for one stock split ... The new per share basis is
            $5 ($1,000/200 = $5). Similarly ... $6 ($1,200/200 = $6).' Dates ours.
        """,
        trades="""
            2015-04-01 buy 100 XYZ at 10 lot A
            2016-04-01 buy 100 XYZ at 12 lot B
        """,
        actions="2017-04-03 SPLIT XYZ ratio 2",
        lots="""
            200 XYZ A bought 2015-04-01 1,000.00
            200 XYZ B bought 2016-04-01 1,200.00
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_publication_550(case: Case) -> None:
    check(case)
