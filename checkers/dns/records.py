"""Answers of resolvers as plain values, and when a *no* in them counts.

Whatever is text in an answer was chosen by strangers: it is kept in the presentation form of
RFC 1035 section 5.1, in which every byte that is not printable ASCII is written by its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from troth.checker import Failure, Reason

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rrset

#: A text that is longer is not cut, for its end may decide, but not kept either.
LONGEST = 2_000


@dataclass(frozen=True)
class Record:
    """One record of an answer section; ``values`` by type, names in lower case."""

    owner: str
    type: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """What a resolver said to one question, or why nothing is known.

    ``exists`` is False for NXDOMAIN, which speaks of the last name of a chain of aliases (RFC 6604
    section 3). ``zone`` is the owner of the SOA record beside a *no* (RFC 2308), or empty.
    """

    exists: bool = True
    records: tuple[Record, ...] = ()
    zone: str = ""
    failure: Failure | None = None


#: Answers the question for a type at a name.
Look = Callable[[str, str], Answer]


def failed(reason: Reason, text: str) -> Answer:
    """Return the answer that is none."""
    return Answer(failure=Failure(reason, text))


def read(message: dns.message.Message, wanted: str) -> Answer:
    """Return what a response to a question for the type ``wanted`` says."""
    import dns.rcode

    rcode = dns.rcode.to_text(message.rcode())
    if rcode not in ("NOERROR", "NXDOMAIN"):
        return failed(Reason.UNPROVEN, f"the resolver answered {rcode}")
    records = tuple(_records(message.answer, {wanted, "CNAME"}))
    zone = next((record.owner for record in _records(message.authority, {"SOA"})), "")
    told = any(record.type == wanted for record in records) and rcode == "NOERROR"
    doubt = "" if told or (records and _asks_again(rcode)) else _doubt(message, zone)
    if doubt:
        return failed(Reason.UNPROVEN, doubt)
    return Answer(rcode == "NOERROR", records, zone)


def _asks_again(rcode: str) -> bool:
    """Tell whether an answer of aliases alone is followed by another question."""
    return rcode == "NOERROR"


def _doubt(message: dns.message.Message, zone: str) -> str:
    """Return why a *no* proves nothing: it must come from who knows, or asked who knows."""
    import dns.flags

    authoritative = bool(message.flags & dns.flags.AA)
    if not authoritative and not message.flags & dns.flags.RA:
        return "the resolver neither knows the zone nor asks others (no AA, no RA)"
    if not authoritative and not zone and any(_records(message.authority, {"NS"})):
        return "the resolver only named other servers"
    return ""


def _records(section: list[dns.rrset.RRset], types: set[str]) -> Iterator[Record]:
    import dns.rdataclass
    import dns.rdatatype

    for rrset in section:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if rrset.rdclass == dns.rdataclass.IN and kind in types:
            owner = name_text(rrset.name)
            yield from (Record(owner, kind, _VALUES[kind](rdata)) for rdata in rrset)


def name_text(name: dns.name.Name) -> str:
    """Return a name in lower case without its last dot; the root as a dot."""
    return name.canonicalize().to_text(omit_final_dot=True)


def text_of(data: bytes) -> str:
    """Return bytes as text of printable ASCII; others, and the backslash, are escaped."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\{byte:03d}" for byte in data
    )


_VALUES: Mapping[str, Callable[[Any], tuple[Any, ...]]] = {
    "A": lambda rdata: (rdata.address,),
    "AAAA": lambda rdata: (rdata.address,),
    "CAA": lambda rdata: (rdata.flags, text_of(rdata.tag).lower(), text_of(rdata.value)),
    "CNAME": lambda rdata: (name_text(rdata.target),),
    "DS": lambda rdata: (rdata.key_tag, int(rdata.algorithm), int(rdata.digest_type)),
    "MX": lambda rdata: (rdata.preference, name_text(rdata.exchange)),
    "NAPTR": lambda rdata: (
        text_of(rdata.flags).lower(),
        text_of(rdata.service).lower(),
        name_text(rdata.replacement),
    ),
    "NS": lambda rdata: (name_text(rdata.target),),
    "SOA": lambda rdata: (),
    "SRV": lambda rdata: (name_text(rdata.target), rdata.port),
    "TXT": lambda rdata: (text_of(b"".join(rdata.strings)),),
}
