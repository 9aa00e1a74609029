"""Reading trust anchors: the PEM file of the configuration, or the store of this machine."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from troth.checker import Reason

_BLOCK = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END", re.DOTALL | re.ASCII
)
#: OpenSSL's folders of anchors name each file by the hash of its subject.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_LARGEST_FILE = 16 * 1024 * 1024


def read_store(path: Path | None) -> dict[str, Any]:
    """Return ``{source, certificates, problem, reason}``; the certificates are base64 DER.

    ``path`` None means the store that OpenSSL on this machine uses. A store that cannot be read
    is no exception: ``problem`` says why, with the ``reason`` of a failure, and the chain stays
    unknown; name and time do not.
    """
    source = path or _system_store()
    if source is None:
        return _response("", [], "this machine has no trust store; set trust_store")
    try:
        found = [der for text in _texts(source) for der in _certificates(text)]
    except PermissionError as error:
        text = f"trust store {source}: {error.strerror}"
        return _response(str(source), [], text, Reason.PERMISSION_DENIED)
    except OSError as error:
        return _response(str(source), [], f"trust store {source}: {error.strerror}")
    problem = "" if found else f"trust store {source} holds no certificate"
    return _response(str(source), found, problem)


def _response(
    source: str, certificates: list[str], problem: str, reason: Reason = Reason.NO_DATA
) -> dict[str, Any]:
    unique = sorted(set(certificates))
    return {
        "source": source,
        "certificates": unique,
        "problem": problem,
        "reason": reason.value if problem else "",
    }


def _system_store() -> Path | None:
    import ssl

    paths = ssl.get_default_verify_paths()
    found = paths.cafile or paths.capath
    return Path(found) if found else None


def _texts(source: Path) -> Iterator[str]:
    if not source.is_dir():
        with source.open("rb") as file:
            yield file.read(_LARGEST_FILE).decode("ascii", "replace")
        return
    for path in sorted(source.iterdir()):
        if _HASHED.fullmatch(path.name):
            with path.open("rb") as file:
                yield file.read(_LARGEST_FILE).decode("ascii", "replace")


def _certificates(text: str) -> Iterator[str]:
    for block in _BLOCK.findall(text):
        try:
            der = base64.b64decode("".join(block.split()), validate=True)
        except binascii.Error:
            continue
        yield base64.b64encode(der).decode("ascii")
