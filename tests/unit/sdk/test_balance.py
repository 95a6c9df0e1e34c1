"""Amounts are integers: nothing is lost, nothing is rounded silently."""

import json
from decimal import Decimal

import pytest

from ganglion.balance import MAX_NANO, Balance
from ganglion.errors import UsageError


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("1", 10**9),
        ("1.5", 1_500_000_000),
        ("1.5 GNG", 1_500_000_000),
        ("1.001", 1_001_000_000),
        ("0.000000001 gng", 1),
        (".5", 500_000_000),
        ("1_000.5", 1_000_500_000_000),
        ("1,000", 10**12),
        ("250 nano", 250),
        ("  3 GNG ", 3 * 10**9),
        ("0", 0),
    ],
)
def test_parse(text, nano):
    assert Balance.parse(text) == nano
    assert isinstance(Balance.parse(text), Balance)


@pytest.mark.parametrize(
    "text",
    ["", "GNG", "1.5.5", "-1", "1e9", "0.0000000001", "1.5 nano", "1 TAO", "NaN", "inf", "٣", "9" * 40],
)
def test_nonsense_is_refused(text):
    with pytest.raises(UsageError):
        Balance.parse(text)


def test_floats_never_enter():
    with pytest.raises(TypeError):
        Balance(1.5)
    with pytest.raises(TypeError):
        Balance.from_gng(1.001)
    with pytest.raises(TypeError):
        Balance(5) + 0.1
    with pytest.raises(TypeError):
        Balance(5) * 1.1
    with pytest.raises(TypeError):
        Balance(5) / 2
    with pytest.raises(TypeError):
        Balance(True)


def test_arithmetic_stays_a_balance():
    five = Balance(5)
    for value in (
        five + 1,
        1 + five,
        five - 1,
        9 - five,
        five * 2,
        2 * five,
        five // 2,
        -five,
        sum([five, five]),
    ):
        assert isinstance(value, Balance)
    assert 9 - five == 4


def test_format_and_back():
    assert str(Balance(1_234_567_000_000_001)) == "1,234,567.000000001 GNG"
    assert str(Balance(-1_500_000_000)) == "-1.5 GNG"
    assert f"{Balance(1)}" == "0.000000001 GNG" and f"{Balance(12):>4}" == "  12"
    assert Balance(1_999_999_999).format(decimals=2, unit=False) == "1.99"
    assert Balance(1_500_000_000).gng == Decimal("1.5")
    assert repr(Balance(0)) == "Balance('0 GNG')"


def test_json_is_an_integer_of_nano():
    assert json.dumps({"amount": Balance(15)}) == '{"amount": 15}'


def test_beyond_u128_is_refused():
    assert Balance.parse(f"{MAX_NANO} nano") == MAX_NANO
    with pytest.raises(UsageError):
        Balance.parse(f"{MAX_NANO + 1} nano")
