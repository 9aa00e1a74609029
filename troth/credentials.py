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
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern, compiled when it is first needed: all of them take longer than a help."""
    return re.compile(pattern)


class Hit(NamedTuple):
    """One credential in a text: where it stands (``text[start:end]``), and what it is."""

    start: int
    end: int
    what: str


class _Form(NamedTuple):
    """What one kind of credential looks like.

    The pattern is tried only where the text in lower case has one of ``words``, so many signs
    (one of ``ahead``) before it, for this costs less than a search. In the pattern ``it`` is what
    must not be seen, or else all of it; ``value`` must not only stand for a value, ``random`` must
    look as if nobody should guess it, and ``pairs`` must hold a cookie. ``named`` tells that only
    what stands before it makes it a credential. ``within`` are the patterns for what follows one
    of these signs and a name, as in a query.

    A pattern either fails soon or takes all it has read: a hostile text is read once.
    """

    what: str
    words: tuple[str, ...]
    pattern: str
    ahead: tuple[int, ...] = (0,)
    named: bool = False
    within: Mapping[str, str] = MappingProxyType({})

    def found(self, text: str, low: str) -> Iterator[re.Match[str]]:
        """Yield where the form stands in a text, of which ``low`` is the lower case."""
        for word in self.words:
            at = low.find(word)
            while at >= 0:
                past = at + 1
                pattern = self.pattern
                if self.within:
                    pattern = self.within.get(_sign_before(text, at), pattern)
                for signs in self.ahead:
                    if at >= signs and (match := _compiled(pattern).match(text, at - signs)):
                        yield match
                        past = match.end()  # else a hostile text is read again and again
                at = low.find(word, past)


def _sign_before(text: str, at: int) -> str:
    """Return the sign that stands before the name of which ``at`` is a part."""
    least = max(at - 64, 0)
    while at > least and (text[at - 1].isalnum() or text[at - 1] in "_.-%"):
        at -= 1
    return text[at - 1 : at]


def _form(what: str, words: str, pattern: str, *ahead: int) -> _Form:
    return _Form(what, tuple(words.split()), pattern, ahead or (0,))


def _named(what: str, words: str, pattern: str) -> _Form:
    return _form(what, words, pattern)._replace(named=True)


#: Where nothing but letters and digits tells a token, it does not stand within a longer word.
_AT, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
#: A quotation mark, perhaps one of JSON within JSON.
_QUOTE = r"(?:\\?[\"'])"
#: What stands behind a name: quotation marks, also of JSON in JSON or in CSV.
_CLOSED = r"[\\\"'\]]{0,8}"
#: To the closing quotation mark ``q``, which may stand within if it is doubled or escaped.
_QUOTED = r"(?:(?P=q){2}|(?!(?<!\\)(?P=q))[^\r\n])++"
#: What a header says: to the mark that closes the value or the whole header, or else the line.
_BEFORE = r"(?<![\"'])|(?<=(?P<o>[\"']))"
_SAYS = r"(?(q)(?:(?!(?<!\\)(?P=q))[^\r\n])++|(?(o)(?:(?!(?<!\\)(?P=o))[^\r\n])++|[^\r\n]++))"
_OPENS = r"(?P<q>\\{0,8}[\"'])?"
_BLOCK = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_SCHEMES = r"(?:Basic|Bearer|Digest|Token|ApiKey|Negotiate|NTLM|AWS4-HMAC-SHA256)"
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


def _pair(stops: str = "") -> str:
    """Return the pattern of a name and its value, which without quotes ends at a blank.

    A quotation mark ends it as well where one would close something, and so do ``stops``.
    """
    closes = r"\\{0,8}[\"'](?:[\s,})\];:>]|\Z)"
    bare = rf"(?![\[{{][\"'\\])(?:(?!{closes})[^\s{stops}])++"
    return (
        rf"(?i)(?P<name>{_NAMES})(?P<closed>[\\\"'\]]{{1,8}})?"
        r"(?:(?P<colon>\s*:(?!=)\s*)|(?P<sign>\s*(?::=|=>|=(?!=))\s*))"
        r"(?:(?P<q>\"\"(?=[^\",}\]\s])|\\{0,8}[\"'](?(closed)|(?=[^\s,;:)}\]])))|(?!\\{0,8}[\"']))"
        rf"(?P<it>(?(q){_QUOTED}|(?(colon)(?![\[{{])(?(closed)[^\s,}}\]\"'\\]++|{bare})|{bare})))"
    )


_FORMS = (
    _form("private key", "-----begin",
          rf"-----BEGIN {_BLOCK}(?:[\s\S]{{0,20000}}?-----END {_BLOCK}|[\s\S]*)"),
    _form("private key", "putty-user-key-file-",
          r"PuTTY-User-Key-File-\d+:(?:[\s\S]{0,20000}?Private-MAC: *[0-9a-fA-F]+|[\s\S]*)"),
    _form("private key", "age-secret-key-1", rf"(?i)AGE-SECRET-KEY-1[A-Z0-9]{{50,}}{_END}"),
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
    _form("Slack token", "xox xapp-",
          r"(?i)(?:xox[a-z]-(?=\d)|xoxd-(?=[\w%+/-]{0,20}\d)|xapp-\d-)[\w%-]{10,}"),
    _form("Slack web hook", "hooks.slack", r"hooks\.slack\.com/services/(?P<it>T\w+/B\w+/\w+)"),
    _form("npm token", "npm_", rf"(?i)npm_[A-Za-z0-9]{{36}}{_END}"),
    _form("PyPI token", "pypi-age", r"(?i)pypi-AgE[\w-]{50,}"),
    _form("Stripe key", "k_live_", r"(?i)[rs]k_live_[A-Za-z0-9]{16,}", 1),
    _form("Vault token", "hvs. hvb.", rf"{_AT}hv[sb]\.[\w-]{{24,}}"),
    _form("service key", "sk-proj-", rf"{_AT}sk-proj-[\w-]{{20,}}"),
    _form("service key", "sk-ant-", rf"{_AT}sk-ant-[\w-]{{20,}}"),
    _form("SendGrid key", "sg.", rf"{_AT}SG\.[\w-]{{16,}}\.[\w-]{{16,}}"),
    _form("Shopify token", "shpat_", rf"{_AT}shpat_[A-Za-z0-9]{{32,}}"),
    _form("DigitalOcean token", "dop_v1_", rf"{_AT}dop_v1_[A-Za-z0-9]{{40,}}"),
    _form("Hugging Face token", "hf_", rf"{_AT}hf_[A-Za-z0-9]{{30,}}"),
    _form("Docker token", "dckr_pat_", rf"{_AT}dckr_pat_[\w-]{{20,}}"),
    _form("Grafana token", "glsa_", rf"{_AT}glsa_\w{{32,}}"),
    _form("JWT", "eyj",
          rf"{_AT}eyJ[\w-]{{8,}}+(?P<value>\.(?:eyJ[\w-]{{8,}}|e30)\.[\w-]*)?"),
    # No ideographic punctuation in a user: an address may follow it without a blank.
    _form("password in a URL", "://",
          r"://(?P<it>[^\s/?#:\"'<>\\\u3000-\u303f\uff00-\uff0f\uff1a\uff1b]*+"
          r":(?!\d{1,5}[?#<>])(?P<value>(?:[^\s/\"'\\]|\\(?![nrtu\"']))+))@"),
    _form("token in a URL", "://", r"https?://(?P<it>[A-Za-z0-9_-]{20,}+):?@", 4, 5),
    _form("signed URL", "x-amz- x-goog- sig= signature=",
          r"[?&](?:X-Amz-Signature|X-Goog-Signature|sig|Signature)=(?P<it>[\w%+/-]{16,}=*)", 1),
    _named("authorization header", "authorization",
           rf"(?i)(?:{_BEFORE})authorization{_CLOSED}\s*[:=]\s*{_OPENS}{_SCHEMES}[ \t]+"
           rf"(?P<it>(?P<value>{_SAYS}))"),
    _named("authorization header", "authorization",
           rf"(?i)(?:{_BEFORE})authorization{_CLOSED}\s*[:=]\s*{_OPENS}(?!{_SCHEMES}\s)"
           rf"(?=(?P<random>[^\s\"'\\,;]{{8,512}}))(?P<it>{_SAYS})"),
    _named("bearer token", "bearer basic",
           r"(?i)\b(?:bearer|basic)\s+(?P<it>(?P<random>[\w+/.~-]{16,}=*))"),
    _named("cookie", "cookie",
           rf"(?i)(?:(?<![\"'\w])|(?<=(?P<o>[\"'])))cookie{_CLOSED}\s*:\s*{_OPENS}"
           rf"(?P<it>(?P<pairs>{_SAYS}))"),
    _named("password or secret", _NAME_WORDS, _pair())._replace(
        within={sign: _pair(stops)
                for sign, stops in (("?", "&;#"), ("&", "&;#"), (";", ";"))}),
)  # fmt: skip

_NAMED = rf"(?i)(?:[\w.-]*[_.-]|[a-z0-9]*)?(?:{_NAMES}|authorization|cookie)"
#: What stands for a value in examples and templates, or says something about it.
_STANDS_FOR = (
    r"(?i)(?:\$\{[\w. ]+\}|\$\([\w./ -]+\)|\$?\{\{[^{}]*\}\}|<[^<>]+>|%\(\w+\)s|%s|\{[a-z_.]*\})+"
    r"|(?-i:\$[A-Z_]+)|[\w.]+\(\)|\[redacted:(?: [^\[\]]*\])?|([*x.#-])\1*"
    r"|true|false|null|none|nil|yes|no|required|optional|enabled|disabled|unset|undefined|redacted"
    r"|masked|hidden|expired|changed|unchanged|invalid|valid|opaque|locked|unlocked|missing|absent"
    r"|present|unknown|empty|default|rotated|revoked|active|inactive|set|not[ _-](?:set|found)"
    r"|string|plain(?:text)?|encrypted|hashed|generated|managed|external|bearer|basic"
    r"|sha\d+:.*|\d{4}-\d\d-\d\d(?:T[\d:.+Z-]*)?|P[\dYMWDTHS]+"
)
#: What says where a secret is kept, or how one is made, and is none.
_REFERS_TO = (
    r"arn:[\w:/.*+@-]+|(?:alias|projects)/[\w./:@-]+|(?:vault|ssm):[\w./:@#-]+"
    r"|(?!(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9/]{32,}\Z)/[\w./:@-]*|https?://[^\s?@=]+"
    r"|(?i:(?:(?:AES|3?DES|RSA|EC|DSA|ECDSA|ECDH|EdDSA|SHA|HMAC|ChaCha)\d{0,5}"
    r"|(?:ED|X|HS|RS|ES|PS)\d{3,5}|P-\d{3})"
    r"(?:[-_](?:\d{1,5}|GCM|CBC|CTR|CCM|XTS|SIV|KW|SHA\d{0,3}|[PK]\d{3}|PSS|OAEP|Poly1305))*)"
)
_IN_ARN = r"\barn:[\w:/-]*\Z"
#: Words behind the name of a key that say what sort of key it is.
_WORDS = r"[A-Za-z]{1,11}(?:[-_ ][A-Za-z]{1,11})*"
#: What a cookie may do, which is no part of it.
_ATTRIBUTES = frozenset(
    ["path", "domain", "expires", "max-age", "samesite", "secure", "httponly", "priority"]
)


#: The words of all forms.
_SIGNS = tuple(sorted({word for form in _FORMS for word in form.words}))
#: Lower case of what the words are made of: other letters may become more than one.
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def find(text: str) -> list[Hit]:
    """Return the credentials in a text from left to right, none within another."""
    return _found(text, _FORMS)


def find_in_id(text: str) -> list[Hit]:
    """Return the credentials in an id that tell by themselves what they are.

    What only a name before it makes a credential is none here: an id has colons of its own.
    """
    return _found(text, [form for form in _FORMS if not form.named])


def redacted(text: str) -> str:
    """Return a text with every credential in it replaced by ``[redacted: what it was]``."""
    return _without(text, find(text))


def redacted_id(text: str) -> str:
    """Return an id with what :func:`find_in_id` finds replaced."""
    return _without(text, find_in_id(text))


def _found(text: str, forms: Iterable[_Form]) -> list[Hit]:
    low = text.lower() if text.isascii() else text.translate(_LOWER)
    # Most texts hold none of the words: one plain loop tells, instead of a search for each form.
    for word in _SIGNS:
        if word in low:
            break
    else:
        return []
    hits = [
        Hit(*found.span("it" if "it" in found.re.groupindex else 0), form.what)
        for form in forms
        for found in form.found(text, low)
        if _is_meant(found)
    ]
    return list(_apart(sorted(hits))) if hits else hits


def _without(text: str, hits: list[Hit]) -> str:
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
    return (
        _compiled(_NAMED).fullmatch(key) is not None and len(value) > 3 and not _is_stand_in(value)
    )


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


def _is_meant(found: re.Match[str]) -> bool:
    """Tell whether what has the form of a credential is one, and not the talk of one."""
    groups = found.groupdict()
    if "name" in groups:
        return _is_meant_pair(found, groups)
    if "pairs" in groups:
        return _is_cookie(groups["pairs"])
    if "random" in groups:
        return _is_random(groups["random"]) and not _is_made_of_words(groups["random"])
    if "value" not in groups:
        return True
    return bool(groups["value"]) and not _compiled(_STANDS_FOR).fullmatch(groups["value"])


def _is_meant_pair(found: re.Match[str], groups: dict[str, str | None]) -> bool:
    """Tell whether a pair gives a value away, by how sure it is that it is no prose."""
    value = groups["it"] or ""
    quoted, colon = groups["q"] is not None, groups["colon"] is not None
    if len(value) < 4 or _is_stand_in(value):
        return False
    if quoted and groups["closed"]:  # both in quotes: JSON
        return not (
            (groups["name"] or "").lower().endswith("key") and _compiled(_WORDS).fullmatch(value)
        )
    if groups["sign"] == "=":  # prose and YAML say "password: …" and "token = …" of everything
        return True
    if colon and not quoted and any(sign.isalpha() and not sign.isascii() for sign in value):
        return False
    if colon and _compiled(_IN_ARN).search(
        found.string, max(found.start() - 200, 0), found.start()
    ):
        return False
    words = value.split()
    return _is_random(value) and (len(words) < 3 or any(map(_has_both, words)))


def _is_cookie(said: str) -> bool:
    """Tell whether a header holds a cookie, and more than what one may do."""
    pairs = [pair.strip().partition("=") for pair in said.split(";")]
    return any(
        len(value) > 5 and not _is_stand_in(value) and name.lower() not in _ATTRIBUTES
        for name, _, value in pairs
        if name and not any(sign.isspace() for sign in name)
    )


def _is_stand_in(value: str) -> bool:
    if _compiled(_STANDS_FOR).fullmatch(value) or _compiled(_REFERS_TO).fullmatch(value):
        return True
    bare = value.rstrip(".,;:!?)]}\"'")
    return (
        bool(_compiled(_STANDS_FOR).fullmatch(bare) or _compiled(_REFERS_TO).fullmatch(bare))
        and bare != value
    )


def _is_random(value: str) -> bool:
    """Tell whether somebody could have chosen this to be guessed by nobody."""
    return len(value) >= 8 and not _is_stand_in(value) and _has_both(value)


def _has_both(value: str) -> bool:
    """Tell whether this has digits and letters."""
    return any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)


def _is_made_of_words(value: str) -> bool:
    """Tell whether this is words and numbers, joined (``ISO/IEC-27001-awareness``)."""
    parts = re.split(r"[-/._+:]", value)
    return len(parts) > 1 and all(part.isalpha() or part.isdigit() or not part for part in parts)
