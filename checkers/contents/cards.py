"""Payment card numbers in texts, and columns whose names promise them; pure functions.

Source: ISO/IEC 7812-1 (structure, Luhn's check digit), the ranges that the card schemes publish,
and PCI DSS on what may be shown of a number (the first six and last four digits).
"""

from __future__ import annotations

import re

#: First digits of each scheme, as ranges of equal length, and how long its numbers are.
_RANGES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14, 16, 17, 18, 19)),
    ("3095", "3095", (14, 16, 17, 18, 19)),
    ("36", "36", (14, 15, 16, 17, 18, 19)),
    ("38", "39", (14, 16, 17, 18, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("5018", "5018", (13, 14, 15, 16, 17, 18, 19)),
    ("5020", "5020", (13, 14, 15, 16, 17, 18, 19)),
    ("5038", "5038", (13, 14, 15, 16, 17, 18, 19)),
    ("5893", "5893", (13, 14, 15, 16, 17, 18, 19)),
    ("6304", "6304", (13, 14, 15, 16, 17, 18, 19)),
    ("6759", "6763", (13, 14, 15, 16, 17, 18, 19)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("644", "649", (16, 17, 18, 19)),
    ("65", "65", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("81", "81", (16, 17, 18, 19)),
    ("2200", "2204", (16, 17, 18, 19)),
)

#: Numbers that schemes and gateways publish for tests; they pay nothing.
TEST_NUMBERS = frozenset(
    (
        "2223000048410010", "2223003122003222", "3056930009020004", "30569309025904",
        "3530111333300000", "3566002020360505", "36227206271667", "371449635398431",
        "378282246310005", "378734493671000", "38520000023237", "4000000000000002",
        "4000000000003220", "4000000000009995", "4000002500003155", "4000002760003184",
        "4000056655665556", "4012888888881881", "4111111111111111", "4222222222222",
        "4242424242424242", "4444333322221111", "4917610000000000", "5019717010103742",
        "5105105105105100", "5200828282828210", "5454545454545454", "5500000000000004",
        "5555555555554444", "5610591081018250", "6011000990139424", "6011111111111117",
        "6011981111111113", "6200000000000005", "6200000000000047", "6304000000000000",
        "6331101999990016", "6555900000604105",
    )
)  # fmt: skip

#: Digits in one run, without a letter, a digit or a point beside them.
_RUN = re.compile(r"(?<![\w.])\d{13,19}(?!\w|\.\d)", re.ASCII)
#: The groups that cards show, looked for from every group on: more may stand before and after.
_GROUPS = re.compile(
    r"(?<![\w.])(?=(\d{4}([ -])(?:\d{4}\2\d{4}\2\d{4}|\d{6}\2\d{4,5}))(?!\w|\.\d))", re.ASCII
)
_LONG_GROUPS = re.compile(
    r"(?<![\w.])(?=(\d{4}([ -])\d{4}\2\d{4}\2\d{4}\2\d{3})(?!\w|\.\d))", re.ASCII
)
_DIGIT = re.compile(r"\d", re.ASCII)

#: Names of columns for a card number or a security code, words joined by underscores.
_NUMBER_NAMES = re.compile(
    r"(?:.*_)?(?:(?:credit_?|debit_?|payment_?)?card_?(?:number|num|no|nr)|cc_?(?:number|num|no)"
    r"|(?:primary_)?account_number_pan|pan|(?:card|full)_?pan|pan_?number|creditcard|credit_card)"
    r"(?:_enc(?:rypted)?)?"
)
_CODE_NAMES = re.compile(
    r"(?:.*_)?(?:cvv2?|cvc2?|cvn|csc|cid_code|card_?(?:security|verification)_?(?:code|value)"
    r"|card_?code|security_code)"
)
_MASKED = re.compile(r"\d{0,6}[^\d]*\d{0,4}", re.ASCII)
_HIDES = re.compile(r"[xX*•#·.]{3,}|\A\d{1,4}\Z")


def count(text: str) -> int:
    """Return how many card numbers stand in a text, published test numbers left out.

    A number has 13 to 19 digits, a length and first digits that a scheme uses, and a check digit
    that fits. One with hidden digits is none.
    """
    runs = (found[0] for found in _RUN.finditer(text))
    groups = (
        _digits(found[1]) for shape in (_GROUPS, _LONG_GROUPS) for found in shape.finditer(text)
    )
    return sum(map(is_number, runs)) + sum(map(is_number, groups))


def is_number(digits: str) -> bool:
    """Tell whether a run of digits is a card number that may pay."""
    if digits in TEST_NUMBERS or len(set(digits)) == 1:
        return False
    return _has_issuer(digits) and luhn(digits)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_named(column: str) -> bool:
    """Tell whether a column's name says that a card number or a security code stands in it."""
    return bool(_NUMBER_NAMES.fullmatch(_words(column))) or is_code_name(column)


def is_code_name(column: str) -> bool:
    """Tell whether a column's name says that a card's security code stands in it."""
    return bool(_CODE_NAMES.fullmatch(_words(column)))


def is_shown_only(column: str, value: str) -> bool:
    """Tell whether a value of a column so named gives nothing away.

    That is an empty value, or for a number one with hidden digits (at most the first six and the
    last four are seen), its last four digits alone, or a published test number. Nothing that
    stands in the column of a security code is harmless.
    """
    value = value.strip()
    if not value:
        return True
    if is_code_name(column):
        return not any(sign.isalnum() for sign in value)
    if _digits(value) in TEST_NUMBERS:
        return True
    return bool(_MASKED.fullmatch(value) and _HIDES.search(value))


def _digits(text: str) -> str:
    return "".join(_DIGIT.findall(text))


def _has_issuer(digits: str) -> bool:
    return any(
        first <= digits[: len(first)] <= last and len(digits) in lengths
        for first, last, lengths in _RANGES
    )


def _words(column: str) -> str:
    """Return a name in small letters, its words joined by underscores (cardNumber, Card-Number)."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column[:200])
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
