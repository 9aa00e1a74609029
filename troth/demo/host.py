"""A server of the company as a file tree: accounts, password rules, logs, a folder of backups."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

from troth.demo import malware, scans
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
    "etc/group": (
        "root:x:0:\nsudo:x:27:\ndocker:x:998:ops\nalice:x:1001:\nbob:x:1002:\nops:x:1003:\n"
    ),
    "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "etc/login.defs": "PASS_MAX_DAYS 90\nPASS_MIN_DAYS 0\nUID_MIN 1000\nUID_MAX 60000\n",
    "etc/pam.d/common-password": (
        "password requisite pam_pwquality.so retry=3\n"
        "password required pam_pwhistory.so remember=24\n"
        "password required pam_unix.so use_authtok yescrypt\n"
    ),
    "etc/security/pwquality.conf": "minlen = 14\nminclass = 4\nenforce_for_root\n",
    "etc/ssh/sshd_config": "PermitRootLogin no\nPasswordAuthentication no\n",
    "etc/profile.d/idle.sh": "readonly TMOUT=900\n",
    "etc/sudoers": "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
    "etc/sudoers.d/operators": "alice ALL=(ALL:ALL) ALL\n",
    "usr/sbin/sshd": "",
    "usr/sbin/clamd": "",
    "usr/bin/clamscan": "",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 10 (buster)"\nID=debian\nVERSION_ID="10"\n',
    "etc/inetd.conf": "telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n",
    "etc/nginx/nginx.conf": (
        "events {}\nhttp {\n  set_real_ip_from 0.0.0.0/0;\n  real_ip_header X-Forwarded-For;\n}\n"
    ),
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
    _access(folder, moments)
    _dumps(folder, moments)
    folder.put(f"{ROOT}/var/log/apt/history.log", _upgrade(moments))
    malware.write(folder, moments, ROOT)
    scans.write(folder, moments, ROOT)
    names |= {f"host:{NAME}:account:{login}": f"host-{login}" for login in ("alice", "bob", "ops")}
    names[STORE] = "host-files"
    names[f"host:{NAME}"] = "host-machine"
    names[f"host:{NAME}:service:inetd:telnet"] = "host-telnet"
    names[f"host:{NAME}:sign-in"] = "host-sign-in"
    names[f"host:{NAME}:privileges"] = "host-privileges"


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


def _upgrade(moments: Moments) -> str:
    """Return apt's history: something was upgraded 20 days ago; the release is past its end."""
    at = moments.ago(days=20).astimezone(UTC)
    stamp = f"{at:%Y-%m-%d  %H:%M:%S}"
    upgrade = "Upgrade: openssl:amd64 (1.1.1n-0+deb10u5, 1.1.1n-0+deb10u6)"
    return f"\nStart-Date: {stamp}\nCommandline: apt-get upgrade\n{upgrade}\nEnd-Date: {stamp}\n"


def _log(folder: Folder, moments: Moments, name: str, words: str) -> None:
    """Write a live log that was begun two hundred days ago and written to half an hour ago."""
    stamps = (moments.ago(days=200), moments.ago(hours=0.5))
    body = "".join(f"{stamp.isoformat()} {words}\n" for stamp in stamps)
    folder.put(f"{ROOT}/var/log/{name}", body, moments.ago(hours=0.5))


def _access(folder: Folder, moments: Moments) -> None:
    """Write an access log of two hundred days, of which each line has its client's address."""
    clients = ("203.0.113.7", "198.51.100.20", "2001:db8::31")
    body = "".join(
        f"{client} - - [{moments.ago(hours=hours):%d/%b/%Y:%H:%M:%S %z}] "
        '"GET /orders HTTP/1.1" 200 5120 "-" "Mozilla/5.0"\n'
        for client, hours in zip(clients, (4800.0, 20.0, 0.5), strict=True)
    )
    folder.put(f"{ROOT}/var/log/nginx/access.log", body, moments.ago(hours=0.5))


def _dumps(folder: Folder, moments: Moments) -> None:
    """Write one dump a night; the two newest were cut off (a fault)."""
    whole = gzip.compress(b"the files of a night\n" * 500, mtime=0)
    for number, moment in enumerate(moments.nights(3, 30)):
        body = whole if number > 1 else whole[:-12]
        folder.put(f"{ROOT}/var/backups/files/{moment:%Y-%m-%d}.sql.gz", body, moment)
