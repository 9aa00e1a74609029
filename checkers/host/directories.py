"""From which directory a machine takes its people; pure functions of text.

Source: nsswitch.conf(5), sssd.conf(5), nslcd.conf(5), smb.conf(5). A source that is named but set
up for nothing brings nobody. ``systemd`` is no directory: it names what the machine makes itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from troth.checkers.host.settings import lines

#: Sources of nsswitch.conf that ask a directory, and the file that says which.
SETTINGS: Mapping[str, str] = {
    "sss": "/etc/sssd/sssd.conf",
    "ldap": "/etc/nslcd.conf",
    "winbind": "/etc/samba/smb.conf",
}
#: Providers of sssd that read this machine's own files.
_OWN = {"files", "proxy", ""}


def sources(nsswitch: str) -> list[str]:
    """Return where accounts are looked up, in that order; ``files`` without a line for them."""
    for line in lines(nsswitch):
        name, sign, said = line.partition(":")
        if sign and name.strip() == "passwd":
            return [word for word in said.split() if not word.startswith("[")]
    return ["files"]


def is_set_up(source: str, text: str) -> bool:
    """Tell whether a source's settings name a directory."""
    if source == "sss":
        return _sssd(_sections(text))
    if source == "ldap":
        words = (line.split(None, 1) for line in lines(text))
        return any(len(pair) == 2 and pair[0].lower() == "uri" for pair in words)
    found = _sections(text).get("global", {})
    return found.get("security", "").lower() in ("ads", "domain") and bool(found.get("workgroup"))


def _sssd(sections: Mapping[str, Mapping[str, str]]) -> bool:
    named = sections.get("sssd", {}).get("domains", "").replace(",", " ").split()
    on = {name for name, body in sections.items() if body.get("enabled", "").lower() == "true"}
    for name in (*named, *(one.removeprefix("domain/") for one in on)):
        if sections.get(f"domain/{name}", {}).get("id_provider", "").lower() not in _OWN:
            return True
    return False


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Return ``[section]`` and ``key = value`` lines; ``;`` and ``#`` begin a comment."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        said = line.strip()
        if said.startswith("[") and "]" in said:
            section = found.setdefault(said[1 : said.index("]")].strip().lower(), {})
        elif said and said[0] not in ";#":
            name, _, value = said.partition("=")
            section[name.strip().lower()] = value.strip()
    return found
