"""From the tax of trading without regard to tax to the tax of the trades that were made, as a picture.

Dark bars are taxes; hatched ones are what is taken off, dashed ones what is added. It is written by hand, because a
figure of a plotting library takes longer than the rest of the page. Ids need be unique on a page alone.
"""

from __future__ import annotations

from html import escape

from engine.report.client.format import dollars

WIDTH, ROW, TOP, BAR = 420, 46, 8, 16
LEFT, RIGHT = 4, 416


def bridge(blind: int, deferred: int, harvested: int, lots: int, tax: int) -> str:
    """The picture, cents: `blind` less the three parts is `tax`."""
    steps = [("Trading without regard to tax", 0, blind)]
    at = blind
    for what, part in (("Gains deferred", deferred), ("Losses harvested", harvested), ("Choice of lots", lots)):
        steps.append((what, at, at - part))
        at -= part
    steps.append(("The trades that were made", 0, tax))
    low = min(0, *(min(start, end) for _, start, end in steps))
    high = max(0, *(max(start, end) for _, start, end in steps))
    scale = (RIGHT - LEFT) / max(high - low, 1)
    zero = LEFT - low * scale
    rows = [_row(number, len(steps), *step, zero, scale) for number, step in enumerate(steps)]
    height = TOP + ROW * len(steps)
    said = escape(words(blind, deferred, harvested, lots, tax), quote=True)
    return (
        f'<svg id="bridge" role="img" aria-label="{said}" viewBox="0 0 {WIDTH} {height}" '
        'xmlns="http://www.w3.org/2000/svg">'
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="#fff"/><rect width="2" height="6" fill="#1d3557"/></pattern></defs>'
        f"{''.join(rows)}</svg>"
    )


def words(blind: int, deferred: int, harvested: int, lots: int, tax: int) -> str:
    """What the picture says."""
    return (
        f"Tax of today's trades, from {dollars(blind)} without regard to tax, less gains deferred {dollars(deferred)}, "
        f"less losses harvested {dollars(harvested)}, less choice of lots {dollars(lots)}, to {dollars(tax)}."
    )


def _row(number: int, count: int, what: str, start: int, end: int, zero: float, scale: float) -> str:
    """A line of text with its amount, and the bar below it; the parts show what they take off with a minus."""
    y = TOP + ROW * number
    whole = number in (0, count - 1)
    left, width = zero + min(start, end) * scale, abs(end - start) * scale
    amount = dollars(end) if whole else dollars(end - start, plus=True)
    look = 'fill="#1d3557"' if whole else 'fill="url(#hatch)"' if end <= start else 'fill="#fff" stroke-dasharray="4 2"'
    bold = ' font-weight="600"' if whole else ""
    return (
        f'<text x="{LEFT}" y="{y + 14}" font-size="14"{bold}>{what}</text>'
        f'<text x="{RIGHT}" y="{y + 14}" font-size="14" text-anchor="end"{bold}>{amount}</text>'
        f'<rect x="{left:.1f}" y="{y + 20}" width="{max(width, 1.0):.1f}" height="{BAR}" stroke="#1d3557" {look}/>'
        f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{y + 18}" y2="{y + 38}" stroke="#111" stroke-width="2"/>'
    )
