"""What a credential looks like in a text, and the text without it.

A run is handed to auditors, stored for years and pasted into tickets, so nothing that opens a door
may enter it. What is found is named by its kind and never shown, not even in part: a few leading
characters are enough to tell whose key it is.

The forms follow what the issuers publish about their tokens (prefix, alphabet, length); the pairs
(``password=…``) ask for a value that somebody could really have chosen. Whatever is recorded
passes here, so a false alarm costs a fact, and a scan that cries wolf is switched off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Hit(NamedTuple):
    """One credential in a text: where it stands (``text[start:end]``), and what it is."""

    start: int
    end: int
    what: str


class _Form(NamedTuple):
    """What one kind of credential looks like.

    The pattern is tried only where the text in lower case has one of ``words``, so many signs
    (one of ``ahead``) before it, for this costs less than a search. In the pattern ``it`` is what
    must not be seen, or else all of it; ``value`` must not only stand for a value, and ``random``
    must look as if nobody should guess it.
    """

    what: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    ahead: tuple[int, ...] = (0,)

    def found(self, text: str, low: str) -> Iterator[re.Match[str]]:
        """Yield where the form stands in a text, of which ``low`` is the lower case."""
        for word in self.words:
            at = low.find(word)
            while at >= 0:
                past = at + 1
                for signs in self.ahead:
                    if at >= signs and (match := self.pattern.match(text, at - signs)):
                        yield match
                        past = match.end()  # else a hostile text is read again and again
                at = low.find(word, past)


def _form(what: str, words: str, pattern: str, *ahead: int) -> _Form:
    return _Form(what, tuple(words.split()), re.compile(pattern), ahead or (0,))


#: Where nothing but letters and digits tells a token, it does not stand within a longer word.
_AT, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
#: A quotation mark, perhaps one of JSON within JSON.
_QUOTE = r"(?:\\?[\"'])"
_BLOCK = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_OPENERS = (
    "api", "access", "account", "private", "secret", "shared", "auth", "encryption", "signing",
)  # fmt: skip
_NAMES = (
    r"pass(?:word|wd|phrase|code)|pwd|secret|credentials?|token|"
    rf"(?:{'|'.join(_OPENERS)})[_-]?key"
)
_NAME_WORDS = " ".join([
    "password passwd passphrase passcode pwd secret credential token",
    *(f"{opener}{sign}key" for opener in _OPENERS for sign in ("", "_", "-")),
])  # fmt: skip

_FORMS = (
    _form("private key", "-----begin",
          rf"-----BEGIN {_BLOCK}(?:(?!-----)[\s\S]){{0,20000}}(?:-----END {_BLOCK})?"),
    _form("AWS access key", "akia asia", rf"{_AT}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}"),
    _form("Google key", "aiza", rf"{_AT}AIza[\w-]{{35}}{_END}"),
    _form("Google token", "ya29. gocspx-",
          rf"{_AT}(?:ya29\.[\w-]{{20,}}|GOCSPX-[\w-]{{28}}){_END}"),
    _form("Google key file", "private_key_id",
          rf"private_key_id{_QUOTE}\s*:\s*{_QUOTE}(?P<it>[0-9a-f]{{40}})"),
    _form("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
          rf"(?i)(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_\w{{22,}}){_END}"),
    _form("GitLab token", "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- gloas-",
          rf"(?i)gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[\w-]{{20,}}{_END}"),
    _form("Slack token", "xox xapp-", r"(?i)(?:xox[a-z]|xapp-\d)-[\w-]{10,}"),
    _form("Slack web hook", "hooks.slack", r"hooks\.slack\.com/services/(?P<it>T\w+/B\w+/\w+)"),
    _form("npm token", "npm_", rf"(?i)npm_[A-Za-z0-9]{{36}}{_END}"),
    _form("PyPI token", "pypi-age", r"(?i)pypi-AgE[\w-]{50,}"),
    _form("Stripe key", "k_live_", r"(?i)[rs]k_live_[A-Za-z0-9]{16,}", 1),
    _form("Vault token", "hvs. hvb.", rf"{_AT}hv[sb]\.[\w-]{{24,}}"),
    _form("JWT", "eyj", rf"{_AT}eyJ[\w-]{{8,}}\.eyJ[\w-]{{8,}}\.[\w-]*"),
    _form("password in a URL", "://",
          r"://(?P<it>[^\s/?#@\"'<>\\]{0,256}:(?P<value>[^\s/?#@\"'<>\\]{1,256}))@"),
    _form("token in a URL", "://", r"https?://(?P<it>[A-Za-z0-9_-]{20,256})@", 4, 5),
    _form("signed URL", "x-amz- x-goog- sig=",
          r"[?&](?:X-Amz-Signature|X-Goog-Signature|sig)=(?P<it>[\w%+/-]{16,}=*)", 1),
    _form("authorization header", "authorization",
          rf"(?i)authorization{_QUOTE}?\s*[:=]\s*{_QUOTE}?[a-z][a-z0-9-]{{3,20}}\s+"
          r"(?P<it>[^\s\"'\\][^\"'\\\r\n]{4,})"),
    _form("bearer token", "bearer basic",
          r"(?i)\b(?:bearer|basic)\s+(?P<it>(?P<random>[\w+/.~-]{16,}=*))"),
    _form("cookie", "cookie",
          rf"(?i)\bcookie{_QUOTE}?\s*:\s*{_QUOTE}?[^\s=;\"']{{1,64}}="
          r"(?P<it>(?P<random>[^\s;\"'\\]{8,}))"),
    _form("password or secret", _NAME_WORDS,
          rf"(?i)(?:{_NAMES}){_QUOTE}?={_QUOTE}?(?P<it>(?P<value>[^\s\"'&;,<>\\]{{4,}}))"),
    # Prose and YAML say "password: …" and "token = …" about everything; a query says "token=…".
    _form("password or secret", _NAME_WORDS,
          rf"(?i)(?:{_NAMES}){_QUOTE}?(?:\s*:\s*|\s+=\s*|\s*=\s+){_QUOTE}?"
          r"(?P<it>(?P<random>[^\s\"'&;,<>\\]{8,}))"),
)  # fmt: skip

_NAMED = re.compile(rf"(?i)(?:[\w.-]*[_.-]|[a-z0-9]*)?(?:{_NAMES}|authorization|cookie)")
#: What stands for a value in examples and templates, or says something about it.
_STANDS_FOR = re.compile(
    r"(?i)[\[{(<$%=!].*|([*x.#-])\1*|true|false|null|none|nil|yes|no|required|optional|enabled"
    r"|disabled|unset|undefined|redacted|masked|hidden|.*[()].*|sha\d+:.*|\d{4}-\d\d-\d\d.*"
    r"|P[\dYMWDTHS]+"
)


#: Lower case of what the words are made of: other letters may become more than one.
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def find(text: str) -> list[Hit]:
    """Return the credentials in a text from left to right, none within another."""
    low = text.lower() if text.isascii() else text.translate(_LOWER)
    hits = [
        Hit(*found.span("it" if "it" in form.pattern.groupindex else 0), form.what)
        for form in _FORMS
        for found in form.found(text, low)
        if _is_meant(found.groupdict())
    ]
    return list(_apart(sorted(hits))) if hits else hits


def redacted(text: str) -> str:
    """Return a text with every credential in it replaced by ``[redacted: what it was]``."""
    hits = find(text)
    made, at = [], 0
    for hit in hits:
        made += [text[at : hit.start], mark(hit.what)]
        at = hit.end
    return "".join([*made, text[at:]]) if hits else text


def mark(what: str) -> str:
    """Return what stands in the place of something that is not shown."""
    return f"[redacted: {what}]"


#: What is recorded for the value of a tag that no condition in troth.yaml reads.
WITHHELD = mark("tag")


def is_named(key: str, value: str) -> bool:
    """Tell whether a value is a credential by the name it stands under (``db_password``)."""
    return _NAMED.fullmatch(key) is not None and len(value) > 3 and not _is_stand_in(value)


def _apart(hits: list[Hit]) -> Iterator[Hit]:
    """Yield hits that do not overlap: of those that do one that reaches from first to last."""
    last = hits[0]
    for hit in hits[1:]:
        if hit.start < last.end:
            last = last._replace(end=max(last.end, hit.end))
            continue
        yield last
        last = hit
    yield last


def _is_meant(groups: dict[str, str]) -> bool:
    """Tell whether what has the form of a credential is one, and not the talk of one."""
    if "random" in groups:
        return _is_random(groups["random"])
    return "value" not in groups or not _is_stand_in(groups["value"])


def _is_stand_in(value: str) -> bool:
    return _STANDS_FOR.fullmatch(value) is not None


def _is_random(value: str) -> bool:
    """Tell whether somebody could have chosen this to be guessed by nobody."""
    if len(value) < 8 or _is_stand_in(value):
        return False
    return any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
