"""A search for passwords in the logs of a machine; no line of a log leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
    partial,
)
from troth.checkers.host.collector import HostChecker

#: Counts, for each form, the lines of one file in which a value stands that is not masked; hashes
#: that a database keeps are none. Written for every awk (POSIX, mawk, busybox), in one line.
COUNTING = (
    r'{l=tolower($0);k="";'
    r'if(match(l,/(password|passwd|passphrase)["\047]?=["\047]?[^][*<({$&"\047 ,;)=]/)'
    r'||match(l,/[?&]pwd=[^][*<({$&"\047 ,;)=]/))k="assigned";'
    r'else if(match(l,/["\047](password|passwd|passphrase|pwd)["\047] *: *["\047][^][*<({$"\047]/))'
    r'k="quoted";'
    r'else if(match(l,/authorization["\047]? *[:=] *["\047]?basic +[a-z0-9+\/]/))k="basic";'
    r'else if(match(l,/(identified by|password) +\047[^\047*]/))k="statement";'
    r'if(k!=""){r=substr(l,RSTART+RLENGTH-1);'
    r"if(r!~/^(%2a|xxx|(redacted|filtered|masked|hidden|removed|null|none|nil|undefined|true|false"
    r"|yes|no|0|1)([^a-z0-9]|$)|scram-sha-256|md5[0-9a-f])/)n[k]++}}"
    r'END{for(k in n)print n[k],k,FILENAME;print 1,"searched",FILENAME}'
)
_NAMES = ("*.log", "*.log.1", "*_log", "*.err", "*.out", "syslog", "syslog.1", "messages", "secure")
_NAMED = [word for name in _NAMES for word in ("-o", "-name", name)][1:]
#: How the search is made on the machine.
SEARCH = ("/var/log", "-xdev", "-maxdepth", "3", "-type", "f", "(", *_NAMED, ")")
_FOUND = re.compile(r"(\d{1,9}) (assigned|quoted|basic|statement) (/var/log/\S.*)")
_SEARCHED = re.compile(r"1 searched (?:/var/log/\S.*)?")
_REFUSED, _GONE = "ermission denied", "No such file"


class LogSearch(HostChecker):
    """One resource, the text logs below /var/log; what is packed or in the journal is not searched.

    Contents are read on the machine: the target has to allow ``data-read``.
    """

    id = "host.log-search"
    kind = "log-search"
    sections: ClassVar[Mapping[str, Sequence[str]]] = {"search": ("log_search",)}

    @call(
        "exec:find /var/log",
        actions=["search the files below /var/log (root or group adm)"],
        per="partition",
        effect="data-read",
    )
    def search(self) -> dict[str, Any]:
        """Return how many lines of which log have a password, by form, and what was not read."""
        ran = self.run("find", *SEARCH, "-exec", "awk", COUNTING, "{}", ";")
        found, searched = places(ran.out)
        if not searched and _REFUSED not in ran.err:
            raise ObservationFailed(Reason.NO_DATA, "no log below /var/log was searched")
        left = [line for line in ran.err.splitlines() if line.strip() and _GONE not in line]
        return {"places": found, "files": searched, "left": left}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's logs."""
        yield Resource(self.own_id("logs"), "/var/log", self.partition.name)

    @facet("passwords", uses=["search"])
    def passwords(self, logs: Resource, found: Mapping[str, Any]) -> Facts:
        """Return the places; logs that could not be read leave the list incomplete."""
        facts: dict[str, Any] = {"files": found["files"]}
        if not found["left"]:
            return Facts(facts | {"places": complete(found["places"])})
        why = Failure(Reason.NO_DATA, "some logs could not be read to their end; look at them")
        if any(_REFUSED in line for line in found["left"]):
            action = type(self).calls()["search"].actions[0]
            why = Failure(Reason.PERMISSION_DENIED, "some logs may not be read", action)
        return Facts(facts | {"places": partial(found["places"])}, {"places": why})


def places(printed: str) -> tuple[list[dict[str, Any]], int]:
    """Return path, form and number of lines of each place, and how many files were searched.

    Raises ``malformed-response`` for a line that the search does not print.
    """
    made, searched = [], 0
    for line in printed.splitlines():
        if _SEARCHED.fullmatch(line):
            searched += 1
            continue
        match = _FOUND.fullmatch(line)
        if not match:
            words = "the search for passwords printed what it should not; look at the machine"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
        made.append({"path": match[3], "form": match[2], "lines": int(match[1])})
    return sorted(made, key=lambda one: (one["path"], one["form"])), searched
