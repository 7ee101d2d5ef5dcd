"""The Capital Loss Carryover Worksheet, line by line, as Schedule D's instructions print it."""

from __future__ import annotations


def carryover_worksheet(line_7: int, line_15: int, limit: int) -> tuple[int, int]:
    """Short- and long-term carryover. `line_7` net short-term, `line_15` net long-term gain of Schedule D, cents.

    Taxable income is taken to be large enough for the whole deduction, so line 3 of the worksheet is line 2.
    """
    line_16 = line_7 + line_15
    line_21 = min(-line_16, limit) if line_16 < 0 else 0
    worksheet_2 = line_21
    worksheet_4 = worksheet_2
    # Short-term: lines 5 to 8.
    worksheet_5 = -line_7 if line_7 < 0 else 0
    worksheet_6 = line_15 if line_15 > 0 else 0
    worksheet_7 = worksheet_4 + worksheet_6
    worksheet_8 = max(worksheet_5 - worksheet_7, 0) if line_7 < 0 else 0
    # Long-term: lines 9 to 13.
    worksheet_9 = -line_15 if line_15 < 0 else 0
    worksheet_10 = line_7 if line_7 > 0 else 0
    worksheet_11 = max(worksheet_4 - worksheet_5, 0)
    worksheet_12 = worksheet_10 + worksheet_11
    worksheet_13 = max(worksheet_9 - worksheet_12, 0) if line_15 < 0 else 0
    return worksheet_8, worksheet_13
