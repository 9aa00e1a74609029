"""The page's one style and one script, and their digests for its content security policy."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from markupsafe import Markup

from troth.shipped import FOLDER


@dataclass(frozen=True)
class Asset:
    """A text that stands in the page as it is.

    ``source`` is its name in a content security policy: the digest of exactly the text between the
    tags (CSP Level 3, section 2.3.1, hash-source).
    """

    body: Markup
    source: str


def _asset(name: str) -> Asset:
    body = (FOLDER / "report" / "html" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    return Asset(Markup(body), f"sha256-{digest}")  # noqa: S704 - our own file, no foreign text


STYLE = _asset("page.css")
SCRIPT = _asset("page.js")
