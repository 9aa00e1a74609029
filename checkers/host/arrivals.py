"""From which addresses people signed in, by the journal and by wtmp; pure functions of text.

Source: journalctl(1), last(1) of util-linux, sshd's message ``Accepted``. The scripts hand on a
time and an address a line: no login and no key leaves the machine.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

#: Most addresses that are handed on.
MOST = 5000
_NEWEST = f"sort -k 2,2 -k 1,1r | awk '!seen[$2]++' | head -n {MOST + 1}"
_ONLY = (
    r"s/^\([0-9T:+-]*\) .*Accepted [^ ]* for .* from \([0-9A-Fa-f.:]*\)[%[:alnum:]]* port "
    r"[0-9]* ssh2.*$/\1 \2/p"
)
#: Each prints ``since TIME`` first, then ``TIME ADDRESS`` lines.
JOURNAL = (
    "command -v journalctl >/dev/null || exit 7; "
    "echo since $(journalctl --no-pager -o short-iso 2>/dev/null | "
    "grep -m 1 '^[0-9]' | cut -d ' ' -f 1); "
    "journalctl --no-pager -o short-iso -t sshd -t sshd-session -g '^Accepted ' | "
    f'sed -n "{_ONLY}" | {_NEWEST}'
)
WTMP = (
    "command -v last >/dev/null || exit 7; "
    'last -w -i --time-format iso | awk \'$1 == "wtmp" && $2 == "begins" {print "since", $3} '
    "$3 ~ /[.:]/ && $3 ~ /^[0-9A-Fa-f.:]+$/ {print $4, $3}' | " + _NEWEST
)


class Unclear(Exception):
    """A line that is none of these; the text says so."""


def read(printed: str) -> tuple[datetime | None, dict[str, datetime]]:
    """Return how far back a script looked, and the newest sign-in from each address.

    None: it looked at nothing. Addresses of the machine itself are left out.
    """
    since: datetime | None = None
    newest: dict[str, datetime] = {}
    for line in printed.splitlines():
        words = line.split()
        if not words or words == ["since"]:
            continue
        if words[0] == "since":
            since = _moment(words[1])
        elif len(words) == 2:
            address = _address(words[1])
            if address:
                at = _moment(words[0])
                newest[address] = max(at, newest.get(address, at))
        else:
            raise Unclear("a line on sign-ins does not read")
    return since, newest


def _address(text: str) -> str:
    """Return an address in its one form, empty for the machine's own and for none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError as error:
        raise Unclear("what should be an address is none") from error
    plain = getattr(found, "ipv4_mapped", None) or found
    return "" if plain.is_loopback or plain.is_unspecified else str(plain)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unclear("what should be a time is none") from error
    if moment.tzinfo is None or not 1990 < moment.year < 3000:
        raise Unclear("what should be a time is none")
    return moment.astimezone(UTC)
