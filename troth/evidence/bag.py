"""BagIt 1.0 (RFC 8493): manifests written and read, and what differs between them and a folder.

The payload lies in ``data/`` and is listed in ``manifest-sha256.txt``; that and the other tag files
are listed in ``tagmanifest-sha256.txt``, so one digest stands for the whole bag. Signatures lie in
``signatures/``, outside of both, because they are made over the second.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from troth.errors import IntegrityError, TrothError, UsageError

DATA = "data"
SIGNATURES = "signatures"
DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAGMANIFEST = "tagmanifest-sha256.txt"
README = "README.txt"
SCRIPT = "verify.sh"
#: How the name of a signature ends.
SIGNATURE = ".sigstore.json"

#: RFC 8493, 2.1.1: exactly this.
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

#: The longest part of a path, the longest path, and how deep it may lead: what every disk takes.
MAX_PART = 255
MAX_PATH = 1024
MAX_DEPTH = 32

#: How many differences are written out before the rest is counted.
SHOWN = 20

# No blank, no percent sign, no line break: there coreutils, bagit.py and the RFC differ.
_NAME = re.compile(r"[A-Za-z0-9._+-]+(?:/[A-Za-z0-9._+-]+)*")
_LINE = re.compile(r"([0-9a-f]{64})[ \t]+(.+)")
_INFO_LINE = re.compile(r"([^:\s]+): (.*)")


def is_safe(name: str) -> bool:
    """Tell whether a relative path is one that a bag may hold: plain, short, no ``..``."""
    parts = name.split("/")
    if len(name) > MAX_PATH or len(parts) > MAX_DEPTH or max(map(len, parts)) > MAX_PART:
        return False
    return bool(_NAME.fullmatch(name)) and not {".", ".."} & set(parts)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; it is never held whole.

    Raises :class:`~troth.errors.IntegrityError` if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refused(f"{path} cannot be read", error) from None


def refused(text: str, error: OSError) -> TrothError:
    """Return what to raise for an error of the disk: a full one is no fault of the bag."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = f"there is no room in the temporary folder {tempfile.gettempdir()}"
        return UsageError(f"{text}; set TMPDIR to one with more")
    return IntegrityError(f"{text}: {error.strerror or error}; take the bag again")


@contextmanager
def guarded() -> Iterator[None]:
    """Have whatever nonsense in the files of a run breaks be told as such, not as a bug."""
    try:
        yield
    except OSError as error:
        raise refused(
            f"a file in {DATA} cannot be read or written ({error.filename})", error
        ) from None
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        text = f"the files in {DATA} cannot be read as those of a run: {error!r:.200}"
        raise IntegrityError(f"{text}; the bag is not ours") from error


def files(folder: Path, below: str = "") -> Iterator[str]:
    """Yield the relative path of every file of a folder, sorted.

    Raises :class:`~troth.errors.IntegrityError` for a link, a device or a name that no bag holds;
    no name leads deeper than :data:`MAX_DEPTH`.
    """
    for entry in _entries(folder / below):
        name = f"{below}/{entry.name}" if below else entry.name
        if not is_safe(name):
            raise IntegrityError(
                f"{name!r:.200} is no name for a file of a bag; the bag is not ours"
            )
        if entry.is_dir(follow_symlinks=False):
            yield from files(folder, name)
        elif entry.is_file(follow_symlinks=False):
            yield name
        else:
            raise IntegrityError(f"{name} is a link or a device; a bag holds files only")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise refused(f"{folder} cannot be read", error) from None


def new(path: Path) -> BinaryIO:
    """Open a file for writing that is not there yet and that only its owner may read."""
    private(path.parent)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def check_plain(folder: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` if anything but plain files lies in a folder."""
    for _ in files(folder):
        pass


def private(folder: Path) -> None:
    """Make a folder and those above it, as far as they are missing, for their owner only."""
    if not folder.is_dir():
        private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write(path: Path, body: bytes) -> None:
    """Write a new file that only its owner may read."""
    with new(path) as file:
        file.write(body)


def seal(bag: Path, info: Mapping[str, str]) -> str:
    """Write the tag files over what lies in the bag; return the tag manifest's SHA-256.

    ``info`` are the labels of bag-info.txt (RFC 8493, 2.2.2); Payload-Oxum is added.
    """
    size = count = 0
    with new(bag / MANIFEST) as manifest:
        for name in files(bag, DATA):
            manifest.write(f"{sha256(bag / name)}  {name}\n".encode())
            size, count = size + (bag / name).stat().st_size, count + 1
    labels = {**info, "Payload-Oxum": f"{size}.{count}"}
    write(bag / INFO, "".join(f"{key}: {labels[key]}\n" for key in labels).encode())
    write(bag / DECLARATION, DECLARED)
    tags = [name for name in files(bag) if "/" not in name]
    body = "".join(f"{sha256(bag / name)}  {name}\n" for name in tags)
    write(bag / TAGMANIFEST, body.encode())
    return sha256(bag / TAGMANIFEST)


def read_info(bag: Path) -> dict[str, str]:
    """Return the labels of bag-info.txt; raises :class:`~troth.errors.IntegrityError`."""
    found = {}
    for line in _text(bag / INFO).splitlines():
        match = _INFO_LINE.fullmatch(line)
        if not match or match[1] in found:
            raise IntegrityError(f"{INFO}: {line!r:.80} is no label of its own; take the bag again")
        found[match[1]] = match[2]
    return found


def read_manifest(bag: Path, name: str) -> dict[str, str]:
    """Return path → SHA-256 of a manifest; raises :class:`~troth.errors.IntegrityError`."""
    found: dict[str, str] = {}
    for number, line in enumerate(_text(bag / name).splitlines(), 1):
        match = _LINE.fullmatch(line)
        if not match or not is_safe(match[2]):
            raise IntegrityError(f"{name}:{number} is not a digest and a path; take the bag again")
        if match[2] in found:
            raise IntegrityError(f"{name}:{number} lists {match[2]} twice; take the bag again")
        found[match[2]] = match[1]
    return found


def check_listed(bag: Path, manifest: str) -> None:
    """Raise :class:`~troth.errors.IntegrityError` unless what a manifest lists is as it says."""
    refuse(_differences(bag, manifest))


def _differences(bag: Path, manifest: str) -> Iterator[str]:
    for name, digest in read_manifest(bag, manifest).items():
        path = bag / name
        if not _is_plain(path):
            yield f"{name} is missing; {manifest} lists it"
        elif sha256(path) != digest:
            yield f"{name} was changed after packing; its bytes are not those of {manifest}"


def _is_plain(path: Path) -> bool:
    """Tell whether there is a file and no link; raises ``IntegrityError`` if nobody can tell."""
    try:
        return path.is_file() and not path.is_symlink()
    except OSError as error:
        raise refused(f"{path} cannot be read", error) from None


def is_signature(name: str) -> bool:
    """Tell whether a relative path is that of a signature: right below its folder."""
    folder, _, file = name.partition("/")
    return (
        folder == SIGNATURES
        and "/" not in file
        and len(file) > len(SIGNATURE)
        and file.endswith(SIGNATURE)
    )


def check_closed(bag: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` if something lies there that nothing lists."""
    payload, tags = read_manifest(bag, MANIFEST), read_manifest(bag, TAGMANIFEST)
    known = {TAGMANIFEST, *tags}
    refuse(
        f"{name} was added after packing; no manifest lists it"
        for name in files(bag)
        if not (name in payload and name.startswith(f"{DATA}/"))
        and not (name in known and "/" not in name)
        and not is_signature(name)
    )
    refuse(f"the folder {name} is empty; a bag has none" for name in _empty(bag))
    if _text(bag / DECLARATION).encode() != DECLARED:
        raise IntegrityError(
            f"{DECLARATION} does not declare BagIt 1.0 in UTF-8; the bag is not ours"
        )


def _empty(bag: Path) -> Iterator[str]:
    """Yield the folders that hold nothing: no manifest could list them."""
    for place, folders, names in os.walk(bag):
        if not folders and not names:
            yield str(Path(place).relative_to(bag))


def refuse(problems: Iterable[str]) -> None:
    """Raise :class:`~troth.errors.IntegrityError` with all problems, the first ones in words."""
    found = list(problems)
    if found:
        more = len(found) - SHOWN
        rest = [f"and {more} more"] if more > 0 else []
        raise IntegrityError("\n".join(found[:SHOWN] + rest))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        text = f"there is no readable {path.name}: {error.strerror}; this is not a whole bag"
        raise IntegrityError(text) from None
    except UnicodeDecodeError:
        raise IntegrityError(f"{path.name} is not UTF-8; take the bag again") from None
