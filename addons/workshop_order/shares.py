"""Splitting an amount so that its shares add up to it exactly."""

from collections.abc import Sequence
from fractions import Fraction


def split_amount(
    amount: float, weights: Sequence[float], rounding: float
) -> list[float]:
    """Split an amount by weights, to the smallest unit of its currency.

    Each share is its exact part rounded down; what is left over goes, a unit each, to
    those who lost most by the rounding, the earlier ones first. Without any weight the
    shares are alike.

    :param rounding: the currency's smallest unit, such as 0.01.
    :raise ValueError: for no weights, a negative one, or an amount that is no multiple
        of the unit.
    """
    if not weights or min(weights) < 0:
        raise ValueError("Shares need weights, none of them negative")
    unit = Fraction(str(rounding))
    units = Fraction(str(amount)) / unit
    if units.denominator != 1:
        raise ValueError(f"{amount} is no multiple of {rounding}")
    parts = [Fraction(str(weight)) for weight in weights]
    if not sum(parts):
        parts = [Fraction(1)] * len(parts)
    sign = -1 if units < 0 else 1
    exact = [abs(units) * part / sum(parts) for part in parts]
    shares = [int(share) for share in exact]
    losers = sorted(range(len(parts)), key=lambda n: (shares[n] - exact[n], n))
    for n in losers[: int(abs(units)) - sum(shares)]:
        shares[n] += 1
    return [float(sign * share * unit) for share in shares]
