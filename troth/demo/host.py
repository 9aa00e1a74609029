"""A server of the company as a file tree: accounts, password rules, logs, a folder of backups."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

from troth.demo.folder import Folder
from troth.demo.moments import Moments

NAME = "app-01"
#: Where the tree is in the demo's folder, and the id of the store that its dumps are of.
ROOT, STORE = "host", "host:app-01:/srv/files"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LOGINS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1001:1001:Alice:/home/alice:/bin/bash
bob:x:1002:1002:Bob:/home/bob:/bin/bash
ops:x:1003:1003:shared:/home/ops:/bin/bash
"""
_FILES = {
    "etc/hostname": f"{NAME}\n",
    "etc/passwd": _LOGINS,
    "etc/group": "root:x:0:\nsudo:x:27:\nalice:x:1001:\nbob:x:1002:\nops:x:1003:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "etc/login.defs": "PASS_MAX_DAYS 90\nPASS_MIN_DAYS 0\nUID_MIN 1000\nUID_MAX 60000\n",
    "etc/pam.d/common-password": (
        "password requisite pam_pwquality.so retry=3\n"
        "password required pam_pwhistory.so remember=24\n"
        "password required pam_unix.so use_authtok yescrypt\n"
    ),
    "etc/security/pwquality.conf": "minlen = 14\nminclass = 4\nenforce_for_root\n",
    "etc/ssh/sshd_config": "PermitRootLogin no\nPasswordAuthentication no\n",
    "usr/sbin/sshd": "",
    "etc/logrotate.conf": "include /etc/logrotate.d\n",
    "etc/logrotate.d/rsyslog": "/var/log/syslog {\n  monthly\n  rotate 7\n}\n",
    "etc/logrotate.d/nginx": "/var/log/nginx/access.log {\n  daily\n  rotate 30\n}\n",
}


def write(folder: Folder, moments: Moments, names: dict[str, str]) -> None:
    """Write the tree into the demo's folder."""
    for path, body in _FILES.items():
        folder.put(f"{ROOT}/{path}", body)
    folder.put(f"{ROOT}/etc/shadow", _shadow(moments))
    _log(folder, moments, "syslog", f"{NAME} systemd[1]: Started.")
    _log(folder, moments, "nginx/access.log", 'GET / HTTP/1.1" 200')
    _dumps(folder, moments)
    names |= {f"host:{NAME}:account:{login}": f"host-{login}" for login in ("alice", "bob", "ops")}
    names[STORE] = "host-files"


def _shadow(moments: Moments) -> str:
    """Return the shadow file: nobody's real hash, and bob's password never expires (a fault)."""
    ages = {"alice": (20, 90), "bob": (200, 99999), "ops": (40, 90)}
    today = (moments.now - _EPOCH).days
    lines = [f"root:*:{today - 400}:0:99999:7:::", f"daemon:*:{today - 400}:0:99999:7:::"]
    lines += [
        f"{login}:$y$j9T$demo$notahash:{today - age}:0:{most}:7:::"
        for login, (age, most) in ages.items()
    ]
    return "\n".join(lines) + "\n"


def _log(folder: Folder, moments: Moments, name: str, words: str) -> None:
    """Write a live log that was begun two hundred days ago and written to half an hour ago."""
    stamps = (moments.ago(days=200), moments.ago(hours=0.5))
    body = "".join(f"{stamp.isoformat()} {words}\n" for stamp in stamps)
    folder.put(f"{ROOT}/var/log/{name}", body, moments.ago(hours=0.5))


def _dumps(folder: Folder, moments: Moments) -> None:
    """Write one dump a night; the two newest were cut off (a fault)."""
    whole = gzip.compress(b"the files of a night\n" * 500, mtime=0)
    for number, moment in enumerate(moments.nights(3, 30)):
        body = whole if number > 1 else whole[:-12]
        folder.put(f"{ROOT}/var/backups/files/{moment:%Y-%m-%d}.sql.gz", body, moment)
