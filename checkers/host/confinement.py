"""Whether who signs in to an FTP server sees a folder of his own alone; pure functions of text.

Source: vsftpd.conf(5), ProFTPD's DefaultRoot. The last value of vsftpd holds; of ProFTPD one rule
for everyone is looked for, wherever it stands.
"""

from __future__ import annotations

import re

_ROOT = re.compile(r"^\s*DefaultRoot\s+(\S+)([^\n#]*)", re.I | re.MULTILINE)
_SERVER = re.compile(r"^\s*<VirtualHost\b", re.I | re.MULTILINE)
_GLOBAL = re.compile(r"^\s*<Global>(.*?)^\s*</Global>", re.I | re.MULTILINE | re.DOTALL)


def of_vsftpd(text: str) -> str:
    """Return ``everyone``, ``some`` or ``nobody``; empty where each user has own settings."""
    said = {}
    for line in text.splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            said[name.strip()] = value.strip().upper()
    if said.get("user_config_dir"):
        return ""
    if said.get("local_enable", "NO") != "YES" and said.get("guest_enable", "NO") != "YES":
        return "everyone"  # only anonymous sign-ins, which never leave their folder
    by_list = said.get("chroot_list_enable", "NO") == "YES"
    if by_list:
        return "some"
    return "everyone" if said.get("chroot_local_user", "NO") == "YES" else "nobody"


def of_proftpd(text: str) -> str:
    """Return ``everyone``, ``some`` or ``nobody``.

    The main server's DefaultRoot is no virtual server's, unless it stands under Global.
    """
    found = _ROOT.findall(text)
    useful = [rest.strip() for path, rest in found if path != "/"]
    if not useful:
        return "nobody"
    if len(useful) < len(found) or "" not in useful or any(useful):
        return "some"
    if not _SERVER.search(text):
        return "everyone"
    return "everyone" if any(_ROOT.search(one) for one in _GLOBAL.findall(text)) else "some"
