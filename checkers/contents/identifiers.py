"""Identifiers of persons and customers in texts: mail addresses, telephone numbers, names.

A hash of an identifier is a pseudonym: whoever has the identifier finds its rows again. Columns
whose names promise an identifier and that hold hashes are told as such. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: RFC 5321 in short: what people write; possessive, so that a hostile text takes linear time.
_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@(?>[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])", re.ASCII
)
#: E.164 with a plus sign, or groups as they are written in many countries.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(?\d{1,5}\)?[ .-]?){1,5}\d{2,5}|"
    r"\(?0\d{1,4}\)?[ -]\d{2,4}[ -]\d{3,5}|\(\d{3}\) \d{3}-\d{4})(?![\w.-]?\d)",
    re.ASCII,
)
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})", re.IGNORECASE)
_PERSONAL = re.compile(
    r"(?:.*_)?(?:e?mail|phone|mobile|telephone|msisdn|user|username|login|customer|tenant|person|"
    r"account|subscriber|first_?name|last_?name|full_?name|name|address|ip)(?:_.*)?"
)
_SHORTEST = 4


def mails(text: str) -> bool:
    """Tell whether a mail address stands in a text."""
    return "@" in text and bool(_MAIL.search(text))


def phones(text: str) -> bool:
    """Tell whether a telephone number stands in a text, as +81 6 1234 5678 or (0123) 456 789."""
    for found in _PHONE.finditer(text[:20_000]):
        if 8 <= sum(sign.isdigit() for sign in found[0]) <= 15:
            return True
    return False


def is_pseudonym(column: str, value: str) -> bool:
    """Tell whether a value is a hash in a column that is named after a person or a customer."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column[:200]).lower()
    return bool(_HASH.fullmatch(value.strip()) and _PERSONAL.fullmatch(name))


def pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds any of these names as whole words; None without a usable name.

    Names below four characters are left out: they are words of their own too often.
    """
    usable: Sequence[str] = sorted({n.strip() for n in names if len(n.strip()) >= _SHORTEST})
    if not usable:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, usable))})(?!\w)", re.IGNORECASE)


def kinds_in(column: str, value: str, names: re.Pattern[str] | None = None) -> set[str]:
    """Return what kinds of identifiers stand in a value: mail, phone, customer, pseudonym."""
    found = set()
    if mails(value):
        found.add("mail")
    if phones(value):
        found.add("phone")
    if names is not None and names.search(value):
        found.add("customer")
    if is_pseudonym(column, value):
        found.add("pseudonym")
    return found
