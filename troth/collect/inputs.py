"""What a run is judged with and what it asks: the files it keeps, byte for byte.

They are read once: what is compared with an earlier run is what is kept.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import troth
from troth import attestations, canonical, record
from troth.catalogue.content import Library
from troth.config import Config
from troth.plan import Chosen, Plan

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")
#: The variables that say as whom one acts, or where that is written down.
_ACTING = re.compile(r"HOME$|(AWS|BOTO|GOOGLE|GCLOUD|GCP|GCE|CLOUDSDK)_", re.ASCII)
_SECRET = re.compile("SECRET|TOKEN|PASSWORD|CREDENTIAL|KEY|AUTH")
_NO_SECRETS = frozenset({"AWS_ACCESS_KEY_ID", "GOOGLE_APPLICATION_CREDENTIALS"})


@dataclass(frozen=True)
class Asked:
    """What a run asks: its plan and its inputs by path in the run's folder, and who hides what.

    ``pseudonyms`` is what the envelope says of them, None without; ``by`` see :func:`asker`.
    """

    plan: Plan
    files: Mapping[str, bytes]
    pseudonyms: Mapping[str, Any] | None
    by: str
    version: str = troth.__version__

    def digests(self) -> dict[str, str]:
        """Return the digest of each file, as a run's manifest gives them."""
        return {name: canonical.digest_of(body) for name, body in self.files.items()}

    def keep(self, folder: Path) -> None:
        """Write the files into a run's folder, the plan last; raises ``NotSaved``."""
        for name, body in self.files.items():
            record.put(folder / name, body)
        record.settle(folder, whole=True)


def asked(
    config: Config,
    books: Library,
    chosen: tuple[Chosen, ...],
    plan: Plan,
    pseudonyms: Mapping[str, Any] | None,
) -> Asked:
    """Return what a run of this plan asks."""
    files = {f"{record.INPUTS}/{name}": body for name, body in _inputs(config, books, chosen)}
    if pseudonyms is None or "person" not in pseudonyms["what"]:  # statements name who signed
        files |= {
            f"{record.INPUTS}/attestations/{name}": body
            for name, body in _statements(config.targets, plan)
        }
    body = {
        "schema": 1,
        "units": [unit.as_json() for unit in plan.units],
        "reads": [read.as_json() for read in plan.reads],
    }
    files[record.PLAN] = canonical.dumps(body) + b"\n"
    return Asked(plan, files, pseudonyms, asker(os.environ))


def asker(environment: Mapping[str, str]) -> str:
    """Return a digest that is another one when somebody else looks, or from another machine.

    It is over the host's name, the user's number, and the environment as far as it says as whom
    one acts at a provider. Of what may be a secret only the name goes in, never the value.
    """
    said = {
        name: "" if _is_secret(name) else canonical.digest_of(os.fsencode(value))
        for name, value in environment.items()
        if _ACTING.match(name)
    }
    names = {canonical.digest_of(os.fsencode(name)): value for name, value in said.items()}
    host, user = socket.gethostname(), os.geteuid()
    return canonical.digest({"host": host, "user": user, "environment": names})


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and name not in _NO_SECRETS and not name.endswith("_FILE")


def _inputs(
    config: Config, books: Library, chosen: tuple[Chosen, ...]
) -> Iterator[tuple[str, bytes]]:
    """Yield every file that was read, as it was read, so that a replay needs nothing else."""
    yield "troth.yaml", Path(config.path).read_bytes()
    if config.waivers:
        yield "waivers.yaml", config.waivers.read_bytes()
    whole = [clause for one in chosen for clause in one.policy.clauses]
    for control in {binding.control for clause in whole for binding in clause.bindings}:
        yield f"controls/{control}.yaml", books.files["controls", control].read_bytes()
    for one in chosen:
        name = one.policy.id
        yield f"policies/{name}.yaml", books.files["policies", name].read_bytes()
    for kind in books.kinds:
        yield f"kinds/{kind}.yaml", books.files["kinds", kind].read_bytes()


def _statements(
    targets: Mapping[str, Mapping[str, Any]], plan: Plan
) -> Iterator[tuple[str, bytes]]:
    """Yield the signed statements that are looked at, so that their signatures can be verified.

    What cannot be read is left out here; the observation says why.
    """
    for name in _attested(targets, (unit.target for unit in plan.units)):
        for path, body in signed_statements(targets[name]):
            stem = file_name(path.name.removesuffix(attestations.SUFFIX))
            yield f"{name}/{stem}{attestations.SUFFIX}", body


def _attested(targets: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    return [name for name in sorted(set(names)) if targets[name]["type"] == "attestation"]


def signed_statements(target: Mapping[str, Any]) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of signed statements in a target's folder that a run would keep."""
    for path in sorted((Path(target["base_dir"]) / target["folder"]).glob("*")):
        if not path.name.endswith(attestations.SUFFIX) or not path.is_file():
            continue
        try:
            with path.open("rb") as file:
                body = file.read(attestations.MAX_BYTES + 1)
        except OSError:
            continue
        if len(body) <= attestations.MAX_BYTES:
            yield path, body


def file_name(text: str) -> str:
    """Return text as the name of a file that is safe everywhere; most keep theirs."""
    safe = _UNSAFE.sub("-", text).lstrip(".")
    if safe == text:
        return text
    return f"{safe}-{canonical.digest(text).removeprefix('sha256:')[:8]}"
