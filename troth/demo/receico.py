"""Two more servers as file trees: copies, who can reach backups, and files of the support desk."""

from __future__ import annotations

import os

from troth.demo import malware
from troth.demo.folder import Folder
from troth.demo.moments import Moments

NAME, ROOT = "receico-01", "receico-host"
#: The server of the support desk, and its folder of files that customers sent.
DESK, DESK_ROOT, FILES = "desk-01", "desk-host", "/srv/attachments"
#: The folder of backups, and the least uid of a person there: whoever runs the demo is none.
BACKUPS, PEOPLE = "/var/backups/receipts", 2_000_000
_JOBS = """\
0 4 * * * root restic -r s3:s3.ap-northeast-1.amazonaws.com/receico-copies backup /srv
30 4 * * * root rsync -a /srv/receipts/ copies@office-nas:/receipts/
"""


def write(folder: Folder, moments: Moments, names: dict[str, str]) -> None:
    """Write the trees.

    A copy goes to the office, somebody unknown may become root, and a home of a customer who left
    is still there; so is a file of a matter that was closed long ago; one night nothing was
    scanned (faults).
    """
    folder.put(f"{ROOT}/etc/crontab", _JOBS)
    folder.put(f"{ROOT}/etc/passwd", _logins())
    folder.put(f"{ROOT}/etc/group", "root:x:0:\nsudo:x:27:temp\n")
    folder.put(f"{ROOT}/etc/nsswitch.conf", "passwd: files\ngroup: files\n")
    folder.put(f"{ROOT}{BACKUPS}/{moments.day(-1)}.sql.age", "age-encryption.org/v1\n")
    folder.put(f"{ROOT}/home/umibe/receipts.db", "")
    for key in ("t-1/plan.docx", "t-4/page.pdf", "t-9/scan.pdf"):
        folder.put(f"{DESK_ROOT}{FILES}/{key}", "")
    malware.scans(folder, moments, ROOT, missed=3)
    names |= {
        f"host:{NAME}": "receico-machine",
        f"host:{DESK}:{FILES}": "desk-files",
        f"host:{NAME}:/srv": "receico-srv",
        f"host:{NAME}:names:homes": "receico-homes",
        f"host:{NAME}:{BACKUPS}": "receico-backups",
        f"host:{NAME}:copy:rsync:copies@office-nas:/receipts/": "receico-office",
        f"host:{NAME}:copy:restic:s3:s3.ap-northeast-1.amazonaws.com/receico-copies": "receico-s3",
    }


def _logins() -> str:
    """Return the accounts; the folder of backups is owned by whoever runs the demo."""
    keeper = os.getuid() or 34
    return (
        "root:x:0:0:root:/root:/bin/bash\n"
        f"backup:x:{keeper}:34:backup:/var/backups:/usr/sbin/nologin\n"
        f"temp:x:{PEOPLE + 1}:{PEOPLE + 1}::/home/temp:/bin/bash\n"
    )
