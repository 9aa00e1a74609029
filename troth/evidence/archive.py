"""The archive of a bag: the same bytes every time it is written, nothing but files when it is read.

A gzipped tar (POSIX.1-2001 pax). The signature does not depend on it: whoever unpacks the archive
with tar has the same bag. What is read is hostile: no member may leave the folder, be a link or
stand twice, and an archive that was cut off is refused although tar alone might not notice.
"""

from __future__ import annotations

import gzip
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from troth.errors import IntegrityError, UsageError
from troth.evidence import bag

SUFFIX = ".tar.gz"

#: What no bag comes near: beyond it an archive is made to fill the disk. Bytes, unpacked.
MAX_BYTES = 4 * 2**30
MAX_FILES = 4_000_000
MAX_FOLDERS = 10_000
#: The long name or the labels of one member; tarfile reads them whole before anybody is asked.
MAX_HEADER = 64 * 1024
#: How many of those may stand before one member: tarfile calls itself for each.
MAX_HEADERS = 8
_BLOCK = 1 << 20
#: How far tarfile reads ahead: one header, so nothing that it has read stays unseen at the end.
_AHEAD = 512
_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_END = ("EOFHeaderError", "EmptyHeaderError")  # tarfile's own, which it does not export


class _Member(tarfile.TarInfo):
    """A member that is refused before tarfile reads whatever its headers announce."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in _HEADERS and not 0 <= member.size <= MAX_HEADER:
            raise tarfile.ReadError("header too long")
        if member.type == tarfile.XGLTYPE:  # tarfile would keep what all of them say
            raise tarfile.ReadError("it has a header for all members, which no bag has")
        if member.type == tarfile.GNUTYPE_SPARSE:  # its map has no end but its own
            raise tarfile.ReadError("it holds a sparse file, which no bag does")
        return member

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        depth: int = vars(tar).get("headers", 0)
        if depth > MAX_HEADERS:
            raise tarfile.ReadError("too many headers before one member")
        vars(tar)["headers"] = depth + 1
        try:
            return super().fromtarfile(tar)
        except tarfile.HeaderError as error:
            if type(error).__name__ in _END:
                raise
            raise tarfile.ReadError(str(error)) from None  # tarfile might take it for the end
        finally:
            vars(tar)["headers"] = depth

    def _proc_gnusparse_10(self, *_: object) -> None:
        """Refuse the one map of a sparse file that is not in the header, but before the data."""
        raise tarfile.ReadError("it holds a sparse file, which no bag does")


def write(folder: Path, archive: Path, modified: int) -> None:
    """Write a bag's folder as an archive; ``modified`` is the time of all files in Unix seconds."""
    made: set[str] = set()
    with bag.new(archive) as raw, _packed(raw) as stream, _written(stream) as tar:
        for name in bag.files(folder):
            for above in _above(f"{folder.name}/{name}", made):
                tar.addfile(_folder(above, modified))
            member = tarfile.TarInfo(f"{folder.name}/{name}")
            member.size = (folder / name).stat().st_size
            member.mode, member.mtime = 0o600, modified
            with (folder / name).open("rb") as file:
                tar.addfile(member, file)
            _forget(tar)


def _above(name: str, made: set[str]) -> Iterator[str]:
    """Yield the folders above a file that are not ``made`` yet, the outermost first."""
    parts = name.split("/")
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        if above not in made:
            made.add(above)
            yield above


def _folder(name: str, modified: int) -> tarfile.TarInfo:
    """Return a folder as a member: whoever unpacks gets one that only he can enter."""
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o700, modified
    return member


def _packed(raw: IO[bytes]) -> gzip.GzipFile:
    """Return a gzip stream whose header holds neither a name nor a time."""
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0)


def _written(stream: gzip.GzipFile) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)


def _forget(tar: tarfile.TarFile) -> None:
    """Have tarfile not keep what it is done with: a bag has a hundred thousand members."""
    kept: list[tarfile.TarInfo] = vars(tar)["members"]
    kept.clear()


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Yield the folder of a bag: itself, or unpacked for as long as it is needed.

    Raises :class:`~troth.errors.UsageError` if there is nothing there, and
    :class:`~troth.errors.IntegrityError` if it is neither a bag's folder nor its archive.
    """
    if path.is_dir():
        if not (path / bag.DECLARATION).is_file():
            text = f"{path}: there is no {bag.DECLARATION}; this is not a bag"
            raise IntegrityError(text)
        yield path
    elif path.is_file():
        with temporary("troth-bag-") as folder:
            yield extract(path, folder)
    else:
        raise UsageError(f"there is no file or folder {path}; name a bag")


@contextmanager
def temporary(prefix: str) -> Iterator[Path]:
    """Yield a folder for as long as it is needed.

    Raises :class:`~troth.errors.UsageError` if it cannot be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=prefix)
    except OSError as error:
        text = f"there is no folder for temporary files: {error.strerror}"
        raise UsageError(f"{text}; set TMPDIR to one with room") from None
    with made as folder:
        yield Path(folder)


def is_bag(path: Path) -> bool:
    """Tell whether a path is a bag's folder, or has the name of an archive."""
    is_archive = path.name.endswith(SUFFIX) and path.is_file()
    return is_archive or (path / bag.DECLARATION).is_file()


def extract(archive: Path, into: Path) -> Path:
    """Unpack an archive below ``into`` and return the folder of its bag.

    Raises :class:`~troth.errors.IntegrityError` for whatever is not the archive of one bag, and
    :class:`~troth.errors.UsageError` if there is no room for it.
    """
    try:
        with gzip.open(archive, "rb") as stream:
            top = _members(stream, into)
            _rest(stream)
    except (EOFError, zlib.error) as error:
        text = f"{archive.name} is cut off or damaged: {error}; take the archive again"
        raise IntegrityError(text) from None
    except (tarfile.TarError, gzip.BadGzipFile, ValueError) as error:
        raise IntegrityError(f"{archive.name} is not the archive of a bag: {error}") from None
    except RecursionError:
        text = f"{archive.name} is not the archive of a bag: it is nested too deeply"
        raise IntegrityError(text) from None
    except OSError as error:
        raise bag.refused(f"{archive.name} cannot be unpacked", error) from None
    if not top:
        raise IntegrityError(f"{archive.name} is empty; take the archive again")
    return into / top


def _members(stream: gzip.GzipFile, into: Path) -> str:
    """Write every file of the tar and return the one folder that they all lie in."""
    top, total, count = "", 0, 0
    folders: set[str] = set()
    with _read(stream) as tar:
        for member in tar:
            _forget(tar)
            _check(member)
            top = top or member.name.partition("/")[0]
            total, count = total + member.size, count + 1
            inside = f"{member.name}/" if member.isdir() else member.name
            for _ in _above(inside, folders):
                pass
            if total > MAX_BYTES or count > MAX_FILES or len(folders) > MAX_FOLDERS:
                raise IntegrityError("the archive holds more than any bag does; it is not unpacked")
            if not inside.startswith(f"{top}/"):
                text = f"the archive holds {member.name} besides {top}/; a bag is one folder"
                raise IntegrityError(text)
            _put(tar, member, into)
    return top


def _read(stream: gzip.GzipFile) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="r|", bufsize=_AHEAD, errorlevel=2, tarinfo=_Member)


def _check(member: tarfile.TarInfo) -> None:
    if not bag.is_safe(member.name):
        text = f"the archive holds {member.name!r:.200}, which may lead out of its folder"
        raise IntegrityError(f"{text}; it is not unpacked")
    if member.sparse is not None or member.size < 0:
        text = f"the archive holds {member.name} as a sparse file; a bag holds plain files only"
        raise IntegrityError(f"{text}; it is not unpacked")
    if not member.isreg() and not member.isdir():
        text = f"the archive holds {member.name} as a link or a device; a bag holds files only"
        raise IntegrityError(f"{text}; it is not unpacked")


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    try:
        if member.isdir():
            bag.private(into / member.name)
        else:
            _copy(tar, member, into / member.name)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        text = f"the archive holds {member.name} twice, or as a file and a folder"
        raise IntegrityError(f"{text}; it is not unpacked") from None


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        raise IntegrityError(f"the archive's {member.name} cannot be read; take it again")
    with bag.new(path) as file:
        left = member.size
        while left:
            block = content.read(min(_BLOCK, left))
            if not block:
                raise EOFError(f"{member.name} ends too early")
            file.write(block)
            left -= len(block)


def _rest(stream: gzip.GzipFile) -> None:
    """Read to the end, where gzip's checksum stands; only zeros may follow the last member."""
    while block := stream.read(_BLOCK):
        if block.strip(b"\0"):
            raise IntegrityError("the archive goes on after its end; it is not unpacked")
