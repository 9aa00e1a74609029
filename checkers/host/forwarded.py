"""Whose word a web server takes for a client's address; pure functions of configurations.

Source: nginx (ngx_http_realip_module, ngx_http_log_module), Apache httpd (mod_remoteip: without a
list of proxies every host is trusted; mod_log_config).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from troth.checkers.host.nginx import Directive

Believed = tuple[str, str]

#: Variables and fields that hold what a client sent.
_SENT = re.compile(
    r"\$(?:http_x_forwarded_for|http_x_real_ip|http_true_client_ip|http_forwarded)\b"
)
_FIELD = re.compile(r"%(?:\{(?:X-Forwarded-For|X-Real-IP|True-Client-IP|Forwarded)\}i)", re.I)
_APACHE = re.compile(r"^\s*(RemoteIP\w+|LogFormat|CustomLog)\s+(.*?)\s*$", re.I | re.MULTILINE)
_LISTS = ("remoteipinternalproxy", "remoteiptrustedproxy")


def of_nginx(directives: list[Directive]) -> list[Believed]:
    """Return for which blocks of nginx an address is believed, and by whom."""
    formats = {
        one.words[0]: "".join(one.words[1:])
        for block in _blocks(directives)
        for one in block.inner
        if one.name == "log_format" and len(one.words) > 1
    }
    return sorted(set(_real(directives, "", [], False)) | set(_logged(directives, formats)))


def of_apache(text: str) -> list[Believed]:
    """Return for which settings of Apache httpd an address is believed, and by whom."""
    said = [(found[1].lower(), found[2]) for found in _APACHE.finditer(text.replace("\\\n", " "))]
    found: set[Believed] = set()
    if any(name == "remoteipheader" for name, _ in said):
        proxies = [value for name, value in said if name.startswith(_LISTS)]
        is_open = not proxies or any(_everyone(word) for one in proxies for word in one.split())
        found.add(("RemoteIPHeader", "anyone" if is_open else "listed"))
    for name, value in said:
        words = value.strip("'\"").replace('\\"', "").lstrip()
        if name == "logformat" and _FIELD.match(words):
            found.add((f"LogFormat {value.rsplit(None, 1)[-1]}", "anyone"))
    return sorted(found)


def _real(
    directives: list[Directive], place: str, proxies: list[str], header: bool
) -> Iterator[Believed]:
    """Yield the blocks in which real_ip_header and set_real_ip_from say something new."""
    own = [word for one in directives if one.name == "set_real_ip_from" for word in one.words]
    told = any(one.name == "real_ip_header" for one in directives)
    proxies, header = own or proxies, told or header
    if proxies and (own or told):  # without real_ip_header it is X-Real-IP that counts
        yield place, "anyone" if any(_everyone(word) for word in proxies) else "listed"
    for one in directives:
        if one.inner:
            inner = " ".join([*([place] if place else []), one.name, *one.words[:1]])
            yield from _real(one.inner, inner, proxies, header)


def _logged(directives: list[Directive], formats: dict[str, str]) -> Iterator[Believed]:
    """Yield the formats in use that begin with what a client sent."""
    for block in _blocks(directives):
        for one in block.inner:
            name = one.words[1] if one.name == "access_log" and len(one.words) > 1 else ""
            if _SENT.match(formats.get(name, "").lstrip(" '\"[")):
                yield f"log_format {name}", "anyone"


def _blocks(directives: list[Directive]) -> Iterator[Directive]:
    for one in directives:
        if one.inner:
            yield one
            yield from _blocks(one.inner)


def _everyone(word: str) -> bool:
    """Tell whether a network holds every address, or half of them."""
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False
    return network.prefixlen <= 1
