"""The body of a response within bounds: bytes, decompression, and the charset of its text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from troth.checker import Failure, ObservationFailed, Reason

#: Most bytes of a body that are kept, counted after decompression.
LARGEST = 2_000_000
#: Most pieces that a body may come in; a peer that sends single bytes would cost much time.
MOST_PIECES = 50_000

_GZIP = re.compile(rb"\x1f\x8b")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.ASCII | re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
#: Labels of the WHATWG Encoding Standard, and Python's codec. Not every codec of Python's: some
#: take quadratic time, some are no charsets.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"), "cp1252"),
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"windows-125{part}": f"cp125{part}" for part in (0, 1, 3, 4, 5, 6, 7, 8)},
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "windows-31j", "x-sjis"), "cp932"),
    **{label: label for label in ("euc-jp", "iso-2022-jp", "euc-kr", "koi8-r", "koi8-u", "big5")},
    **dict.fromkeys(("gbk", "gb2312", "gb18030"), "gb18030"),
    **dict.fromkeys(("utf-16", "utf-16le"), "utf-16-le"),
    "utf-16be": "utf-16-be",
}


def _failed(reason: Reason, text: str) -> ObservationFailed:
    return ObservationFailed(reason, text)


class Body:
    """Takes the pieces of a body as they come; raises ObservationFailed where a bound is passed."""

    def __init__(self, encodings: Iterable[str]) -> None:
        """Take the values of Content-Encoding; other ones than gzip and deflate are refused."""
        names = [name.strip().lower() for value in encodings for name in value.split(",")]
        applied = [name for name in names if name not in ("", "identity")]
        if len(applied) > 1 or not {"gzip", "x-gzip", "deflate"}.issuperset(applied):
            text = "the body is compressed in a way that was not asked for and is not understood"
            raise _failed(Reason.NOT_SUPPORTED, text)
        self._format = applied[0] if applied else ""
        self._inflater = self._inflate() if applied else None
        self._read = bytearray()
        self._pieces = 0

    def _inflate(self) -> zlib._Decompress:
        gzip = self._format != "deflate"
        return zlib.decompressobj(zlib.MAX_WBITS | (16 if gzip else 0))

    def take(self, piece: bytes) -> None:
        """Take the next piece off the wire."""
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            raise _failed(Reason.UNPROVEN, f"the body comes in more than {MOST_PIECES} pieces")
        if self._inflater is None:
            self._keep(piece)
        else:
            self._expand(piece)

    def _keep(self, piece: bytes) -> None:
        if len(self._read) + len(piece) > LARGEST:
            raise _failed(Reason.UNPROVEN, f"the body is longer than {LARGEST} bytes")
        self._read += piece

    def _expand(self, piece: bytes) -> None:
        """Decompress no more than there is room for; several gzip members follow each other."""
        while piece and self._inflater is not None:
            try:
                self._keep(self._inflater.decompress(piece, LARGEST + 1 - len(self._read)))
            except zlib.error as error:
                raise _failed(Reason.MALFORMED_RESPONSE, "the compressed body is broken") from error
            piece = self._inflater.unused_data if self._inflater.eof else b""
            if piece and self._format != "deflate" and _GZIP.match(piece):
                self._inflater = self._inflate()
            elif piece:
                return  # what stands behind the compressed body is no part of it

    def end(self) -> bytes:
        """Return the whole body; raise if its compression was cut short."""
        if self._inflater is not None and not self._inflater.eof:
            raise _failed(Reason.MALFORMED_RESPONSE, "the compressed body ends too early")
        return bytes(self._read)


def decoded(body: bytes, content_type: str) -> str | Failure:
    """Return a body as text, or why it is none.

    The charset is that of a byte order mark, of the Content-Type header, of the document's first
    1024 bytes (HTML section 13.2.3), else UTF-8.
    """
    label, mark = _label(body, content_type)
    codec = _CODECS.get(label.lower())
    if codec is None:
        return Failure(Reason.NOT_SUPPORTED, f"the charset {label} is not known")
    try:
        return body[mark:].decode(codec)
    except UnicodeDecodeError:
        return Failure(Reason.MALFORMED_RESPONSE, f"the body is not the {label} that it claims")


def _label(body: bytes, content_type: str) -> tuple[str, int]:
    """Return the label of a charset and how many bytes its mark takes."""
    for mark, label in _MARKS:
        if body.startswith(mark):
            return label.replace("16-", "16"), len(mark)
    for place in (content_type, body[:1024].decode("latin-1")):
        found = _CHARSET.search(place)
        if found:
            return found[1], 0
    return "utf-8", 0
