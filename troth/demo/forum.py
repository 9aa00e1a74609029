"""The forum's server as a file tree: how it keeps passwords, and what its logs hold."""

from __future__ import annotations

from troth.demo.folder import Folder
from troth.demo.moments import Moments

NAME, ROOT = "forum-01", "forum-host"
#: Digits of no bank, though an issuer's numbers begin so and the check digit fits.
_CARD = "4539148803436467"
_LOGINS = """\
root:x:0:0:root:/root:/bin/bash
deploy:x:1001:1001:Deploy:/home/deploy:/bin/bash
legacy:x:1002:1002:Legacy:/home/legacy:/bin/bash
"""


def write(folder: Folder, moments: Moments, names: dict[str, str]) -> None:
    """Write the tree: an account's password is kept in a form of old, a card is in a log (faults).

    Nobody's password is among them: the hashes are made up.
    """
    day = moments.day(-30)
    hashes = {"root": "*", "deploy": "$y$j9T$demo$" + "n" * 43, "legacy": "$1$demo$" + "o" * 22}
    lines = [f"{login}:{kept}:20000:0:99999:7:::" for login, kept in hashes.items()]
    folder.put(f"{ROOT}/etc/shadow", "\n".join(lines) + "\n")
    folder.put(f"{ROOT}/etc/passwd", _LOGINS)
    folder.put(f"{ROOT}/var/log/forum/app.log", f"{day} thread 44 answered\n")
    folder.put(f"{ROOT}/var/log/forum/debug.log", f"{day} gateway said no to {_CARD}\n")
    names |= {
        f"host:{NAME}:verifier:deploy": "forum-deploy",
        f"host:{NAME}:verifier:legacy": "forum-legacy",
        f"host:{NAME}:content:/var/log/forum/app.log": "forum-log",
        f"host:{NAME}:content:/var/log/forum/debug.log": "forum-debug-log",
    }
