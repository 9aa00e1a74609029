"""Whether a client may believe the leaf: chain, name and time, each judged on its own.

The chain is built at the time of the observation, moved into the leaf's own validity, and without
a name, so that an expired leaf or a wrong name does not look like an unknown authority. A path
search has a signature budget inside ``cryptography`` 49 and later, and chains are cut short
before they come here.
"""

from __future__ import annotations

import functools
import ipaddress
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, demand
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.certificates import parse

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, ExtendedKeyUsage, KeyUsage
    from cryptography.x509.verification import ExtensionPolicy, Policy, Store


_lock = threading.Lock()


def judge(
    shown: Sequence[Answer], doubt: Failure | None, name: str, seen_at: datetime, anchors: Any
) -> Facts:
    """Return the facts of the facet ``trust`` over every leaf that was shown.

    A dual deployment is trusted if each of its leaves is; its validity is what they have in
    common. ``doubt`` is why there may be leaves that were not seen; then a good result stays
    unproven and a bad one stands. ``anchors`` is the response of the trust store.
    """
    leaves = [parse(answer.chain[0]) for answer in shown]
    if not leaves:
        raise doubted(doubt or Failure(Reason.NO_DATA, "no certificate is presented"))
    if any(leaf is None for leaf in leaves):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a leaf certificate cannot be parsed")
    known = [leaf for leaf in leaves if leaf is not None]
    found: dict[str, str | Failure] = {
        "name": _all((_name(leaf, name) for leaf in known), "matches", doubt),
        "chain": _all((_chain(answer, seen_at, anchors) for answer in shown), "trusted", doubt),
        "not_before": doubt or max(leaf.not_valid_before_utc for leaf in known).isoformat(),
        "not_after": doubt or min(leaf.not_valid_after_utc for leaf in known).isoformat(),
    }
    values = {fact: value for fact, value in found.items() if isinstance(value, str)}
    missing = {fact: value for fact, value in found.items() if isinstance(value, Failure)}
    return Facts(values, missing)


def doubted(doubt: Failure) -> ObservationFailed:
    """Return the failure as the exception that reports it."""
    return ObservationFailed(doubt.reason, doubt.message)


def _all(found: Iterable[str | Failure], good: str, doubt: Failure | None) -> str | Failure:
    """Return what is bad, else what is not known, else ``good``."""
    seen = list(found)
    bad = [value for value in seen if isinstance(value, str) and value != good]
    unknown = [value for value in seen if isinstance(value, Failure)]
    if bad:
        return bad[0]
    return unknown[0] if unknown else doubt or good


def _name(leaf: Certificate, name: str) -> str | Failure:
    """Compare with the alternative names alone; the common name is long void (RFC 9525)."""
    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "differs"
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return Failure(Reason.MALFORMED_RESPONSE, "the certificate's names cannot be parsed")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        patterns = names.get_values_for_type(x509.DNSName)
        return "matches" if any(same_name(each, name) for each in patterns) else "differs"
    return "matches" if address in names.get_values_for_type(x509.IPAddress) else "differs"


def same_name(pattern: str, name: str) -> bool:
    """Tell whether a DNS name fits a certificate's, whose first label may be ``*``.

    The star stands for exactly one whole label and never for one directly below a top level.
    """
    want, have = name.lower().rstrip(".").split("."), pattern.lower().rstrip(".").split(".")
    if have[0] == "*" and len(have) >= 3:
        return len(want) == len(have) and want[0] != "" and want[1:] == have[1:]
    return want == have


def _chain(answer: Answer, seen_at: datetime, anchors: Any) -> str | Failure:
    from cryptography.x509 import UnsupportedGeneralNameType

    parsed = [parse(der) for der in answer.chain]
    leaf, others = parsed[0], [each for each in parsed[1:] if each is not None]
    store = _store(demand(anchors, "certificates"))
    if leaf is None or store is None:
        return _no_store(anchors)
    first, last = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    try:
        verified = _verify(leaf, others, store, min(max(seen_at, first), last))
    except (ValueError, UnsupportedGeneralNameType) as error:
        text = f"the chain cannot be parsed: {error}"
        return Failure(Reason.MALFORMED_RESPONSE, text)
    if not verified and (answer.dropped or len(others) < len(parsed) - 1):
        return Failure(Reason.UNPROVEN, "no path to an anchor, in a chain that was read in part")
    return "trusted" if verified else "untrusted"


def _no_store(anchors: Any) -> Failure:
    reason = Reason(demand(anchors, "reason") or Reason.NO_DATA)
    permission = "read trust_store" if reason is Reason.PERMISSION_DENIED else ""
    text = demand(anchors, "problem") or "no trust anchor is readable"
    return Failure(reason, text, permission)


@functools.lru_cache(maxsize=8)
def _store_of(certificates: tuple[str, ...]) -> Store | None:
    import base64

    from cryptography.x509.verification import Store

    parsed = [parse(base64.b64decode(text)) for text in certificates]
    known = [certificate for certificate in parsed if certificate is not None]
    return Store(known) if known else None


def _store(certificates: Iterable[str]) -> Store | None:
    with _lock:  # who comes while the anchors are parsed waits for them
        return _store_of(tuple(certificates))


def _verify(leaf: Certificate, others: list[Certificate], store: Store, at: datetime) -> bool:
    """Tell whether a path to an anchor exists.

    The verifier for clients is used because it asks for no name; that the path serves servers is
    asked of the extensions instead. Raises ValueError or UnsupportedGeneralNameType where a name
    on the path is unreadable.
    """
    from cryptography.x509.verification import PolicyBuilder, VerificationError

    authority, end = _policies()
    builder = PolicyBuilder().store(store).time(at).max_chain_depth(8)
    builder = builder.extension_policies(ca_policy=authority, ee_policy=end)
    try:
        builder.build_client_verifier().verify(leaf, others)
    except VerificationError:
        return False
    return True


@functools.cache
def _policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    """Return what is asked of an authority's and of a leaf's extensions (RFC 5280 4.2.1).

    Less than the public web's profile, which private authorities rarely follow: an authority is
    one by its basic constraints, may sign certificates, and nothing on the path is for another
    purpose than servers.
    """
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    anyhow = Criticality.AGNOSTIC
    end = ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, anyhow, _for_servers)
    authority = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, anyhow, None)
        .may_be_present(x509.KeyUsage, anyhow, _may_sign)
        .may_be_present(x509.ExtendedKeyUsage, anyhow, _for_servers)
    )
    return authority, end


def _for_servers(_: Policy, __: Certificate, usage: ExtendedKeyUsage | None) -> None:
    from cryptography.x509.oid import ExtendedKeyUsageOID

    fitting = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if usage is not None and not fitting.intersection(usage):
        raise ValueError("the certificate is not for servers")


def _may_sign(_: Policy, __: Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the authority may not sign certificates")
