"""Amounts of GNG as integers of nano (1e-9 GNG).

Floats never enter: 1.001 GNG is exactly 1,001,000,000 nano or a TypeError. Parsing and formatting happen at
the edge, here; everything between the edges computes with integers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ganglion.errors import UsageError

SYMBOL = "GNG"
DECIMALS = 9
NANO_PER_GNG = 10**DECIMALS
MAX_NANO = 2**128 - 1

_AMOUNT = re.compile(
    r"(?P<sign>-?)(?P<number>\d[\d_,]*(\.\d+)?|\.\d+)\s*(?P<unit>GNG|nano)?", re.IGNORECASE | re.ASCII
)

__all__ = ["DECIMALS", "MAX_NANO", "NANO_PER_GNG", "SYMBOL", "Balance"]


class Balance(int):
    """An integer of nano that adds and compares as such and prints as GNG.

    >>> Balance.parse("1.5 GNG") + 1
    Balance('1.500000001 GNG')
    >>> Balance.parse("250 nano").nano
    250
    """

    __slots__ = ()

    def __new__(cls, nano: int = 0) -> Balance:
        if isinstance(nano, bool) or not isinstance(nano, int):
            raise TypeError(
                f"a balance is an integer of nano, not {type(nano).__name__}; use Balance.parse('1.5 GNG')"
            )
        return super().__new__(cls, nano)

    @classmethod
    def parse(cls, text: str | int) -> Balance:
        """Read ``"1.5"``, ``"1.5 GNG"``, ``"1_000 GNG"`` or ``"250 nano"``; a number without a unit is GNG.

        An int is taken as nano, so that values which are parsed already pass through.

        Raises:
            UsageError: not a number, negative, finer than a nano, or beyond u128.
        """
        if isinstance(text, int) and not isinstance(text, bool):
            return cls(text)
        match = _AMOUNT.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise UsageError(f"not an amount: {text!r}", hint="write 1.5, '1.5 GNG' or '250 nano'")
        if match["sign"]:
            raise UsageError(f"an amount can't be negative: {text!r}")
        number = Decimal(match["number"].replace(",", "").replace("_", ""))
        unit = 1 if (match["unit"] or SYMBOL).lower() == "nano" else NANO_PER_GNG
        return cls._exact(number, unit, text)

    @classmethod
    def from_gng(cls, amount: int | str | Decimal) -> Balance:
        """Whole or decimal GNG; a float is refused because it is rarely what it looks like."""
        if isinstance(amount, float | bool):
            raise TypeError("a float can't hold GNG exactly; pass a str or a Decimal")
        return cls._exact(Decimal(amount), NANO_PER_GNG, str(amount))

    @classmethod
    def _exact(cls, number: Decimal, unit: int, text: str) -> Balance:
        if not number.is_finite() or len(number.as_tuple().digits) > 60:
            raise UsageError(f"not an amount: {text!r}")
        numerator, denominator = number.as_integer_ratio()
        nano, rest = divmod(numerator * unit, denominator)
        if rest:
            raise UsageError(f"{text!r} is finer than one nano", hint=f"at most {DECIMALS} decimals of GNG")
        if abs(nano) > MAX_NANO:
            raise UsageError(f"{text!r} is more than a balance can hold")
        return cls(nano)

    @property
    def nano(self) -> int:
        """The amount as a plain int."""
        return int(self)

    @property
    def gng(self) -> Decimal:
        """The amount in GNG, exact."""
        digits = tuple(map(int, str(abs(int(self)))))  # not scaleb, which rounds to 28 digits
        return Decimal((int(self < 0), digits, -DECIMALS))

    def format(self, *, decimals: int | None = None, unit: bool = True) -> str:
        """``"1.5 GNG"``: all decimals that are not zero, or exactly ``decimals`` of them, cut and never
        rounded up.
        """
        sign = "-" if self < 0 else ""
        whole, fraction = divmod(abs(int(self)), NANO_PER_GNG)
        digits = f"{fraction:0{DECIMALS}d}"
        digits = digits.rstrip("0") if decimals is None else digits[:decimals]
        number = f"{sign}{whole:,}" + (f".{digits}" if digits else "")
        return f"{number} {SYMBOL}" if unit else number

    def __str__(self) -> str:
        return self.format()

    def __repr__(self) -> str:
        return f"Balance('{self.format()}')"

    def __format__(self, spec: str) -> str:
        return format(int(self), spec) if spec else self.format()

    def __add__(self, other: int) -> Balance:
        return self._wrap(int.__add__(self, self._operand(other)))

    __radd__ = __add__

    def __sub__(self, other: int) -> Balance:
        return self._wrap(int.__sub__(self, self._operand(other)))

    def __rsub__(self, other: int) -> Balance:
        return self._wrap(int.__rsub__(self, self._operand(other)))

    def __mul__(self, other: int) -> Balance:
        return self._wrap(int.__mul__(self, self._operand(other)))

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Balance:
        return self._wrap(int.__floordiv__(self, self._operand(other)))

    def __neg__(self) -> Balance:
        return Balance(int.__neg__(self))

    def __truediv__(self, other: Any) -> float:
        raise TypeError("dividing a balance would make a float; use // or .gng")

    @staticmethod
    def _operand(other: Any) -> int:
        if isinstance(other, float):
            raise TypeError("a balance does not mix with floats; use integers of nano")
        return other

    @staticmethod
    def _wrap(value: Any) -> Balance:
        return Balance(value) if isinstance(value, int) else value
