"""What the names of standards mean: when two are the same, and what shows that one is held."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_REMARK = re.compile(r"\((?![^)]*\btype\b)[^)]*\)")
_EDITION = re.compile(r"(?<=\S)[ :-]+(?:19|20)\d\d\b|\bv?\d+(?:\.\d+)+\b")
_TYPE = {"type ii": "type 2", "type i": "type 1"}

#: Other names of the same thing, after everything else has been taken off.
_ALIASES = {"pci": "pci dss", "privacymark": "privacy mark", "p mark": "privacy mark",
            "プライバシーマーク": "privacy mark", "dpf": "data privacy framework"}  # fmt: skip

#: What stands for a standard that no longer shows anything by itself, and why.
SUCCESSORS = {
    "privacy shield": (
        "data privacy framework",
        "Privacy Shield lost its effect in July 2020; only a listing under its successor counts",
    ),
    "cisp": ("pci dss", "the card scheme's programme is shown by PCI DSS now"),
}

#: Standards that only extend another: whoever holds one must hold the other, too.
EXTENDS = {"iso 27017": "iso 27001", "iso 27018": "iso 27001"}

#: Words for the report about standards of which no certificate exists.
REMARKS = {"hipaa": "HIPAA has no official certificate; an independent assessment is accepted"}


@dataclass(frozen=True)
class Form:
    """How a standard is shown: the types of row that can, and what makes a row current.

    ``basis`` is ``expiry`` (a last day to come), ``period`` (a past period that ended lately) or
    ``issue`` (a date of issue not long ago).
    """

    types: tuple[str, ...]
    basis: str


_REPORT = Form(("report",), "period")
_ASSESSMENT = Form(("attestation-of-compliance", "report"), "issue")
_FORMS = (
    (re.compile(r"(soc [123]|ssae)\b"), _REPORT),
    (re.compile(r"(pci|cisp|hipaa)\b"), _ASSESSMENT),
    (re.compile(r"sig\b"), Form(("questionnaire",), "issue")),
    (re.compile(r"(iso|privacy mark)\b"), Form(("certificate",), "expiry")),
)
_BASIS = {"certificate": "expiry", "report": "period"}


def canonical(name: str) -> str:
    """Return a standard's name without case, remarks in brackets, edition and spelling.

    ``ISO/IEC 27001:2022`` becomes ``iso 27001`` and ``SOC2 Type II`` becomes ``soc 2 type 2``.
    Type I stays apart from Type II, and from a report that names no type.
    """
    text = _REMARK.sub(" ", unicodedata.normalize("NFKC", name).casefold())
    text = _EDITION.sub(" ", text)
    text = re.sub(r"[^\w]+", " ", text)
    text = re.sub(r"\b(soc|iso|iec|pci)(?=\d)", r"\1 ", text)
    text = " ".join(re.sub(r"\biec\b", " ", text).split())
    text = re.sub(r"^(ssae|isae) \d+ (?=soc )", "", text)
    text = re.sub(r"\btype i+$", lambda found: _TYPE.get(found[0], found[0]), text)
    for known in ("privacy shield", "data privacy framework"):
        if known in text:
            return known
    return _ALIASES.get(text, text)


def form(standard: str, row_type: str) -> Form:
    """Return how a standard, by its canonical name, is shown; others by the type of the row."""
    for pattern, made in _FORMS:
        if pattern.match(standard):
            return made
    return Form((row_type,), _BASIS.get(row_type, "issue"))
