"""Names of things in OSCAL: UUIDs and tokens that come out the same for the same run.

OSCAL takes random UUIDs (version 4) or such as are computed from a name (version 5, RFC 9562,
section 5.5). Ours are computed, so that writing a run again gives the same bytes. What is the same
thing in the next run too, a resource or a person, keeps its UUID; what a run found has its own.
"""

from __future__ import annotations

import hashlib
import uuid

import orjson

#: Whose names and properties these are that OSCAL does not define itself.
NAMESPACE = "urn:troth:oscal"
_TROTH = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE).bytes
# The bits that RFC 9562 fixes (sections 4.1, 4.2): the version, 5, and the variant, 10.
_VERSION_5 = 5 << 76 | 0b10 << 62
_FREE = ~(0xF << 76 | 0b11 << 62)


def lasting(*names: str) -> str:
    """Return the UUID of something that outlives a run, by what it is called."""
    return within(_TROTH, *names)


def within(space: bytes, *names: str) -> str:
    """Return the UUID of something in a name space: version 5, as the standard library's.

    That one makes an object of each, and a large run has some hundred thousand. The names are
    hashed as a list, so that no two sequences of them run together to the same text.
    """
    digest = hashlib.sha1(space + orjson.dumps(names), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big") & _FREE | _VERSION_5
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def run_space(run: str, digest: str) -> bytes:
    """Return the name space of what a run with this id and results digest says."""
    return uuid.UUID(lasting("run", run, digest)).bytes


def control_id(policy: str, clause: str) -> str:
    """Return a clause's control id: a token (XML NCName) that no other clause has.

    Clause numbers may begin with a digit, which a token may not, so the policy stands before. The
    policy's id holds no ``_``, and those of a clause are doubled: a single one after it begins the
    name of a part or parameter.
    """
    return f"{policy}_{clause.replace('_', '__')}"


def statement_id(policy: str, clause: str) -> str:
    """Return the id of the part that holds a clause's promise."""
    return control_id(policy, clause) + "_smt"


def objective_id(policy: str, clause: str) -> str:
    """Return the id of the part that says what has to be so for the promise to be kept."""
    return control_id(policy, clause) + "_obj"


def parameter_id(policy: str, clause: str, binding: str, name: str) -> str:
    """Return the id of a parameter as one binding of a clause sets it."""
    return f"{control_id(policy, clause)}_prm.{binding}.{name}"
