"""The examples of the Treasury Regulations (public domain), and what their paragraphs say, each by its section.

Where an example gives no day, ours is marked. Sales before 1970 have day numbers below zero, which tests those too.
"""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="Reg. §1.1091-1(h), Example 1",
        why="""
            'A ... on December 1, 1954, purchased 100 shares of common stock in the M Company for
            $10,000 and on December 15, 1954, purchased 100 additional shares for $9,000. On January 3,
            1955, he sold the 100 shares purchased on December 1, 1954, for $9,000. ... no loss from the
            sale is allowable as a deduction.' Held for 33 days.
        """,
        trades="""
            1954-12-01 buy 100 M for 10,000 lot A
            1954-12-15 buy 100 M for 9,000 lot B
            1955-01-03 sell 100 M for 9,000 lot A
        """,
        realised="1955-01-03 100 M A bought 1954-12-01 9,000.00 - 10,000.00 + 1,000.00 = 0.00 short",
        lots="100 M B bought 1954-12-15 held from 1954-11-12 10,000.00",
    ),
    Case(
        name="Reg. §1.1091-1(h), Example 2",
        why="""
            100 shares on September 21, 1954, for $5,000; 50 on December 21 for $2,750; 25 on December
            27 for $1,125; the 100 sold on January 3, 1955, for $4,000. 'the loss on the sale of 75 of
            the shares ($3,750 - $3,000, or $750) is not allowable ... The loss on the sale of the
            remaining 25 shares ($1,250 - $1,000, or $250) is deductible'; bases $3,250 and $1,375. Held
            for 104 days.
        """,
        trades="""
            1954-09-21 buy 100 M for 5,000 lot A
            1954-12-21 buy 50 M for 2,750 lot B
            1954-12-27 buy 25 M for 1,125 lot C
            1955-01-03 sell 100 M for 4,000
        """,
        realised="""
            1955-01-03 50 M A bought 1954-09-21 2,000.00 - 2,500.00 + 500.00 = 0.00 short
            1955-01-03 25 M A bought 1954-09-21 1,000.00 - 1,250.00 + 250.00 = 0.00 short
            1955-01-03 25 M A bought 1954-09-21 1,000.00 - 1,250.00 = -250.00 short
        """,
        lots="""
            50 M B bought 1954-12-21 held from 1954-09-08 3,250.00
            25 M C bought 1954-12-27 held from 1954-09-14 1,375.00
        """,
    ),
    Case(
        name="Reg. §1.1091-1(h), Example 3",
        why="""
            100 shares on September 15, 1954, for $5,000, sold on February 1, 1956, for $4,000; 50
            shares for $2,000 on each of the four days from February 15 to 18, 1956. 'The particular
            shares ... are the first 100 shares purchased within such period, that is, the 50 shares
            purchased on February 15, 1956, and the 50 shares purchased on February 16', whose holding
            period includes that of the shares sold (504 days).
        """,
        trades="""
            1954-09-15 buy 100 M for 5,000 lot A
            1956-02-01 sell 100 M for 4,000
            1956-02-15 buy 50 M for 2,000 lot B
            1956-02-16 buy 50 M for 2,000 lot C
            1956-02-17 buy 50 M for 2,000 lot D
            1956-02-18 buy 50 M for 2,000 lot E
        """,
        realised="""
            1956-02-01 50 M A bought 1954-09-15 2,000.00 - 2,500.00 + 500.00 = 0.00 long
            1956-02-01 50 M A bought 1954-09-15 2,000.00 - 2,500.00 + 500.00 = 0.00 long
        """,
        lots="""
            50 M B bought 1956-02-15 held from 1954-09-29 2,500.00
            50 M C bought 1956-02-16 held from 1954-09-30 2,500.00
            50 M D bought 1956-02-17 2,000.00
            50 M E bought 1956-02-18 2,000.00
        """,
    ),
    Case(
        name="Reg. §1.1091-1(b), order of disposition cannot be determined",
        why="""
            'If the order of disposition of stock or securities disposed of at a loss on the same day
            cannot be determined, the stock or securities will be considered to have been disposed of in
            the order in which they were originally acquired (beginning with the earliest acquisition).'
            A (5 January) comes before B (10 January), though it is B that the broker lists first. C
            replaces A: 10 x 20 = 200. A was held for 177 days.
        """,
        trades="""
            2023-01-05 buy 10 X at 100 lot A
            2023-01-10 buy 10 X at 110 lot B
            2023-07-01 sell 10 X at 80 lot B
            2023-07-01 sell 10 X at 80 lot A
            2023-07-20 buy 10 X at 85 lot C
        """,
        realised="""
            2023-07-01 10 X A bought 2023-01-05 800.00 - 1,000.00 + 200.00 = 0.00 short
            2023-07-01 10 X B bought 2023-01-10 800.00 - 1,100.00 = -300.00 short
        """,
        lots="10 X C bought 2023-07-20 held from 2023-01-24 1,050.00",
    ),
    Case(
        name="Reg. §1.1091-1(b), order of disposition is known",
        why="""
            '... applied to the losses in the order in which the stock or securities the disposition of
            which resulted in the respective losses were disposed of (beginning with the earliest
            disposition).' As above, but B is known to be sold first: 10 x 30 = 300 is disallowed on B,
            held for 172 days.
        """,
        trades="""
            2023-01-05 buy 10 X at 100 lot A
            2023-01-10 buy 10 X at 110 lot B
            2023-07-01 sell 10 X at 80 lot B order 1
            2023-07-01 sell 10 X at 80 lot A order 2
            2023-07-20 buy 10 X at 85 lot C
        """,
        realised="""
            2023-07-01 10 X A bought 2023-01-05 800.00 - 1,000.00 = -200.00 short
            2023-07-01 10 X B bought 2023-01-10 800.00 - 1,100.00 + 300.00 = 0.00 short
        """,
        lots="10 X C bought 2023-07-20 held from 2023-01-29 1,150.00",
    ),
    Case(
        name="Reg. §1.1091-1(c), less acquired than sold",
        why="""
            Where less is acquired than sold, 'the particular shares ... the loss from the sale of which
            is not deductible shall be those with which the stock ... acquired are matched': 4 of 10
            shares, 4 x 5 = 20. A was held for 91 days.
        """,
        trades="""
            2023-03-01 buy 10 X at 30 lot A
            2023-05-31 sell 10 X at 25
            2023-06-15 buy 4 X at 26 lot B
        """,
        realised="""
            2023-05-31 4 X A bought 2023-03-01 100.00 - 120.00 + 20.00 = 0.00 short
            2023-05-31 6 X A bought 2023-03-01 150.00 - 180.00 = -30.00 short
        """,
        lots="4 X B bought 2023-06-15 held from 2023-03-16 124.00",
    ),
    Case(
        name="Reg. §1.1091-1(d), more acquired than sold",
        why="""
            Where as much or more is acquired than sold, the shares acquired are matched 'in accordance
            with the order of acquisition': 10 of the 16 bought replace, and lot B is split. A was held
            for 91 days.
        """,
        trades="""
            2023-03-01 buy 10 X at 30 lot A
            2023-05-31 sell 10 X at 25
            2023-06-15 buy 16 X at 26 lot B
        """,
        realised="2023-05-31 10 X A bought 2023-03-01 250.00 - 300.00 + 50.00 = 0.00 short",
        lots="""
            10 X B.1 bought 2023-06-15 held from 2023-03-16 310.00
            6 X B.2 bought 2023-06-15 156.00
        """,
    ),
    Case(
        name="Reg. §1.1091-1(e), shares that caused one disallowance cause no other",
        why="""
            'The acquisition of any share of stock or any security which results in the nondeductibility
            of a loss ... shall be disregarded in determining the deductibility of any other loss.' C
            (10 shares) replaces A, sold first; the loss on B, 10 x 30, stays. A was held for 177 days.
        """,
        trades="""
            2023-01-05 buy 10 X at 100 lot A
            2023-01-10 buy 10 X at 110 lot B
            2023-07-01 sell 10 X at 80 lot A
            2023-07-05 sell 10 X at 80 lot B
            2023-07-20 buy 10 X at 85 lot C
        """,
        realised="""
            2023-07-01 10 X A bought 2023-01-05 800.00 - 1,000.00 + 200.00 = 0.00 short
            2023-07-05 10 X B bought 2023-01-10 800.00 - 1,100.00 = -300.00 short
        """,
        lots="10 X C bought 2023-07-20 held from 2023-01-24 1,050.00",
    ),
    Case(
        name="Reg. §1.1091-2(a), Example 1",
        why="""
            'A purchased a share of common stock of the X Corporation for $100 in 1935, which he sold
            January 15, 1955, for $80. On February 1, 1955, he purchased a share of common stock of the
            same corporation for $90. No loss from the sale is recognized under section 1091. The basis
            of the new share is $110'. Day of 1935 ours; held for 7,166 days.
        """,
        trades="""
            1935-06-03 buy 1 X for 100 lot OLD
            1955-01-15 sell 1 X for 80
            1955-02-01 buy 1 X for 90 lot NEW
        """,
        realised="1955-01-15 1 X OLD bought 1935-06-03 80.00 - 100.00 + 20.00 = 0.00 long",
        lots="1 X NEW bought 1955-02-01 held from 1935-06-20 110.00",
    ),
    Case(
        name="Reg. §1.1091-2(a), Example 2",
        why="""
            '... which he sold January 15, 1955, for $80. On February 1, 1955, he purchased a share of
            common stock of the same corporation for $70. ... The basis of the new share is $90; that
            is, the basis of the old share ($100) decreased by $10'.
        """,
        trades="""
            1935-06-03 buy 1 Y for 100 lot OLD
            1955-01-15 sell 1 Y for 80
            1955-02-01 buy 1 Y for 70 lot NEW
        """,
        realised="1955-01-15 1 Y OLD bought 1935-06-03 80.00 - 100.00 + 20.00 = 0.00 long",
        lots="1 Y NEW bought 1955-02-01 held from 1935-06-20 90.00",
    ),
    Case(
        name="Reg. §1.1012-1(c)(1), earliest lots first",
        why="""
            Where the lot sold 'cannot be adequately identified, the stock sold ... shall be charged
            against the earliest of such lots': all 10 of A, then 5 of B.
        """,
        trades="""
            2021-02-01 buy 10 X at 20 lot A
            2022-02-01 buy 10 X at 30 lot B
            2023-02-01 sell 15 X at 40
        """,
        realised="""
            2023-02-01 10 X A bought 2021-02-01 400.00 - 200.00 = 200.00 long
            2023-02-01 5 X B bought 2022-02-01 200.00 - 150.00 = 50.00 short
        """,
        lots="5 X B bought 2022-02-01 150.00",
    ),
    Case(
        name="Reg. §1.1012-1(c)(2) to (4), adequate identification",
        why="""
            'If, on the other hand, the lot from which the stock is sold or transferred can be
            adequately identified, the rule ... is not applicable.' The sale names B.
        """,
        trades="""
            2021-02-01 buy 10 X at 20 lot A
            2022-02-01 buy 10 X at 30 lot B
            2023-02-02 sell 10 X at 40 lot B
        """,
        realised="2023-02-02 10 X B bought 2022-02-01 400.00 - 300.00 = 100.00 long",
        lots="10 X A bought 2021-02-01 200.00",
    ),
    Case(
        name="Reg. §1.356-1(c), Example 1",
        why="""
            Received for stock with a basis of $85: one share worth $100, cash of $25 and other property
            worth $50. 'Total gain' $90; 'Gain to be recognized, limited to cash and other property
            received' $75. Here all $75 is money, and the part that §356(a)(2) would call a dividend is
            not told apart. New basis (§358(a)(1)): 85 - 75 + 75 = 85.
        """,
        trades="1953-03-02 buy 1 OLD at 85 lot A",
        actions="1956-05-01 MERGER OLD ratio 1 cash 75 price 100 to NEW",
        realised="1956-05-01 0 OLD A bought 1953-03-02 75.00 - 0.00 = 75.00 long",
        lots="1 NEW A bought 1953-03-02 85.00",
    ),
    Case(
        name="Reg. §1.356-1(a)(2), no loss",
        why="""
            'The loss, if any, to the taxpayer from the exchange ... shall not be recognized to any
            extent.' Basis 200, received 100 + 75 = 175: the money lowers the basis, 200 - 75 = 125, and
            the loss of 25 stays in it.
        """,
        trades="1953-03-02 buy 1 OLD at 200 lot A",
        actions="1956-05-01 MERGER OLD ratio 1 cash 75 price 100 to NEW",
        realised="1956-05-01 0 OLD A bought 1953-03-02 75.00 - 75.00 = 0.00 long",
        lots="1 NEW A bought 1953-03-02 125.00",
    ),
    Case(
        name="Reg. §1.358-2(c), Example 1",
        why="""
            20 shares bought for $3 each and 10 for $6 each; two shares received for one in a
            reorganisation: 40 shares with a basis of $1.50 each, treated as acquired on the first date,
            20 with $3 each on the second. Days ours.
        """,
        trades="""
            2003-02-03 buy 20 X at 3 lot ONE
            2004-02-02 buy 10 X at 6 lot TWO
        """,
        actions="2006-03-01 MERGER X ratio 2 to Y",
        lots="""
            40 Y ONE bought 2003-02-03 60.00
            20 Y TWO bought 2004-02-02 60.00
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_regulations(case: Case) -> None:
    check(case)
