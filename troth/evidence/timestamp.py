"""Timestamps of a third party over a signature (RFC 3161), through rfc3161-client.

A timestamp proves that the signature existed at an instant, also after the signing key is lost or
the authority's certificate has expired. That a bundle has none never fails a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troth.errors import IntegrityError, TrothError, UsageError
from troth.evidence import timestamp_http

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_INSTALL = "timestamps need: pip install 'troth[timestamp]'"


class NotStamped(TrothError):
    """One authority gave no timestamp that can be used; the message says why."""


def stamper(
    urls: Sequence[str], roots: bytes | None = None, say: Callable[[str], None] | None = None
) -> Callable[[bytes], bytes]:
    """Return a function that gets the DER answer of the first authority that gives a good one.

    ``urls`` are asked in their order. An answer is used only if it verifies up to ``roots`` (PEM)
    at its own time; without roots, if it answers the question: granted, this digest, this nonce,
    with a certificate. The function returns no bytes when every authority failed, and tells
    ``say`` of each. Raises :class:`~troth.errors.UsageError` here, before anything is signed, for
    an address that is not ``http://`` or ``https://``, roots that are no certificates, and when
    rfc3161-client is not installed.
    """
    _client()
    for url in urls:
        timestamp_http.check(url)
    chain = None if roots is None else _certificates(roots)
    tell = say or (lambda text: None)

    def stamp(data: bytes) -> bytes:
        for url in urls:
            try:
                return _ask(url, data, chain)
            except NotStamped as error:
                tell(f"no timestamp from {url}: {error}")
        tell("the signature has no timestamp: no authority gave one")
        return b""

    return stamp


def verify(token: bytes, data: bytes, roots: bytes) -> datetime:
    """Return the instant (UTC) that an answer proves for ``data``.

    The authority's certificate has to lead to one of ``roots`` (PEM) at that instant, not today.
    Raises :class:`~troth.errors.IntegrityError` for an answer that does not prove it and
    :class:`~troth.errors.UsageError` for roots that are no certificates.
    """
    try:
        return _proved(token, data, _certificates(roots), _client().VerifierBuilder)
    except NotStamped as error:
        raise IntegrityError(
            f"the timestamp is not one of this authority over this signature: {error}; ask for "
            "the certificate of the authority that stamped it, or for the bundle as it was made"
        ) from error


def _ask(url: str, data: bytes, chain: list[Certificate] | None) -> bytes:
    client = _client()
    builder = client.TimestampRequestBuilder().data(data).cert_request(cert_request=True)
    request = builder.hash_algorithm(client.base.HashAlgorithm.SHA256).build()
    try:
        answer = timestamp_http.post(url, request.as_bytes())
    except (OSError, ValueError) as error:
        raise NotStamped(str(error)) from error
    if chain is None:
        _check_fit(answer, request)
    else:
        _proved(answer, data, chain, lambda: client.VerifierBuilder.from_request(request))
    return answer


def _proved(
    token: bytes, data: bytes, chain: list[Certificate], builder: Callable[[], Any]
) -> datetime:
    """Return the time of a token that verifies; raises :class:`NotStamped`.

    Each root is tried by itself: an authority may have had two under one name.
    """
    roots = [one for one in chain if one.issuer == one.subject]
    why = ""
    for root in roots:
        verifier = builder().add_root_certificate(root)
        for one in chain:
            if one not in roots:
                verifier = verifier.add_intermediate_certificate(one)
        try:
            answer = _decode(token)
            verifier.build().verify_message(answer, data)
            made: datetime = answer.tst_info.gen_time
        except NotStamped:
            raise
        except Exception as error:  # the library lets its own and those of its parts through
            why = str(error).partition(": ErrorStack")[0] or type(error).__name__
        else:
            return made
    raise NotStamped(why)


def _check_fit(token: bytes, request: Any) -> None:
    answer = _decode(token)
    asked = request.message_imprint
    try:
        made = answer.tst_info.message_imprint
        fits = (
            answer.status == 0
            and (made.hash_algorithm, made.message) == (asked.hash_algorithm, asked.message)
            and answer.tst_info.nonce == request.nonce
            and bool(answer.signed_data.certificates)
        )
    except ValueError as error:
        raise NotStamped(str(error)) from error
    if not fits:
        raise NotStamped("the answer is not to what was asked")


def _decode(token: bytes) -> Any:
    try:
        return _client().decode_timestamp_response(token)
    except ValueError as error:
        raise NotStamped(f"not an answer of RFC 3161: {error}") from error


def _certificates(pem: bytes) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        made = load_pem_x509_certificates(pem)
    except ValueError:
        raise UsageError("the timestamp authority's file holds no certificates in PEM") from None
    if not any(one.issuer == one.subject for one in made):
        raise UsageError("the timestamp authority's file holds no root; add the self-signed one")
    return made


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise UsageError(_INSTALL) from None
    return rfc3161_client
