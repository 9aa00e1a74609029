"""From a bag back to the run folder that it was packed from, byte for byte.

run.json holds the digest of every other file of the run, so each file proves itself as it is put
back. The names in it come from whoever made the bag: none may lead out of the folder.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from troth import canonical, record
from troth.errors import IntegrityError
from troth.evidence import archive, bag, facts

#: The longest id of a run.
MAX_ID = 128
_BLOCK = 1 << 20


def envelope_of(folder: Path) -> dict[str, Any]:
    """Return run.json of a bag's folder; raises :class:`~troth.errors.IntegrityError`."""
    body = record.get_envelope(folder / bag.DATA)
    for key, is_sound in _SOUND.items():
        if not is_sound(body.get(key)):
            told = f"its '{key}' is none"
            raise IntegrityError(
                f"run.json is not the envelope of a run: {told}; the bag is not ours"
            )
    for name, digest in body["files"].items():
        if not bag.is_safe(name) or not isinstance(digest, str):
            raise IntegrityError(f"run.json lists {name!r:.200}, which may lead out of its folder")
    return body


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID


def _is_instant(value: Any) -> bool:
    """Tell whether a value is ISO 8601 with an offset: without one it is no instant."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _are_clauses(value: Any) -> bool:
    """Tell whether a value is what a run judged: the clauses of each policy."""
    return isinstance(value, dict) and all(
        isinstance(row, list) and all(isinstance(one, str) for one in row) for row in value.values()
    )


_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "id": _is_id,
    "as_of": _is_instant,
    "clauses": _are_clauses,
    "files": lambda value: isinstance(value, dict),
}


def content(folder: Path, name: str) -> Iterator[bytes]:
    """Yield the bytes of a file of the run, in pieces; shards are put together again.

    Raises :class:`~troth.errors.IntegrityError` if it is not in the bag.
    """
    data = folder / bag.DATA
    if not (data / name).is_file():
        raise IntegrityError(f"data/{name} is missing; run.json lists it")
    if name.startswith(f"{record.OBSERVATIONS}/"):
        yield from facts.rebuilt(data / name, data)
        return
    with (data / name).open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def check(folder: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` unless every file is what run.json says."""
    bag.refuse(_differences(folder))


def _differences(folder: Path) -> Iterator[str]:
    for name, digest in envelope_of(folder)["files"].items():
        whole = hashlib.sha256()
        try:
            for block in content(folder, name):
                whole.update(block)
        except IntegrityError as error:
            yield str(error)
            continue
        if f"sha256:{whole.hexdigest()}" != digest:
            yield f"data/{name} is not the file of the run: its digest in run.json is another"


def check_results(folder: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` unless the results have their digest.

    The summary names the digest of the findings, and findings name the facts that they rest on.
    """
    data, envelope = folder / bag.DATA, envelope_of(folder)
    digest = canonical.digest_of((data / record.RESULTS).read_bytes().removesuffix(b"\n"))
    if digest != envelope["results_digest"]:
        raise IntegrityError(f"results.json is {digest}, run.json says otherwise; one was changed")
    summary = record.get_json(data / record.RESULTS)
    named = summary.get("findings", {}).get("digest")
    if named != envelope["files"].get(record.FINDINGS):
        raise IntegrityError("results.json names other findings than run.json; one was changed")
    bag.refuse(
        f"finding {finding}: its facts {name} are not in the bag"
        for finding, name in _named(data / record.FINDINGS)
        if not (data / name).is_file()
    )


def _named(findings: Path) -> Iterator[tuple[str, str]]:
    """Yield every finding's id with each file of facts that it rests on."""
    with findings.open("rb") as lines:
        for line in lines:
            row = canonical.parse(line)
            for digest in row.get("observations", ()):
                yield row["id"], facts.path_of(digest)


def rebuild(folder: Path, run: Path) -> Path:
    """Make the run folder ``run`` of a bag's folder and return it; whole, or not at all.

    Raises :class:`~troth.errors.IntegrityError` for a file that is not the run's, and
    :class:`~troth.errors.InputError` if the folder cannot be made.
    """
    envelope = envelope_of(folder)
    record.create(run)
    try:
        with bag.guarded():
            for name, digest in envelope["files"].items():
                _put(folder, name, run / name, digest)
            bag.write(run / record.ENVELOPE, (folder / bag.DATA / record.ENVELOPE).read_bytes())
    except BaseException:
        shutil.rmtree(run, ignore_errors=True)
        raise
    return run


def _put(folder: Path, name: str, path: Path, digest: str) -> None:
    whole = hashlib.sha256()
    with bag.new(path) as file:
        for block in content(folder, name):
            whole.update(block)
            file.write(block)
    if f"sha256:{whole.hexdigest()}" != digest:
        text = f"data/{name} is not the file of the run: its digest in run.json is another"
        raise IntegrityError(text)


@contextmanager
def as_run(path: Path) -> Iterator[Path]:
    """Yield the run folder of a bag, or of its archive, for as long as it is needed.

    Its manifests are checked, its signature is not. Raises as :func:`rebuild` and
    :func:`troth.evidence.archive.opened` do.
    """
    with archive.opened(path) as folder, archive.temporary("troth-run-") as place:
        bag.check_plain(folder)
        bag.check_listed(folder, bag.TAGMANIFEST)
        bag.check_listed(folder, bag.MANIFEST)
        bag.check_closed(folder)
        # The run's id is the name of its folder; a name that leads elsewhere is not taken.
        name = envelope_of(folder)["id"]
        yield rebuild(folder, place / (name if bag.is_safe(name) else "run"))
