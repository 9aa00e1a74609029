"""Attestations: signed statements in a folder, verified against the keys that troth.yaml trusts.

Each file ``<id>.dsse.json`` is a resource, also when nothing proves it: a statement that no
trusted key signed must be seen, not passed over. The format is in ``docs/attestations.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from troth import attestations, dsse
from troth.attestations import SUFFIX, AttestationError, UnprovenError
from troth.checker import (
    Call,
    Checker,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
)
from troth.errors import Place, Problem
from troth.model import Json


class Attestations(Checker):
    """Signed statements in the target's folder."""

    id = "attestation.files"
    kind = "attestation"
    target_type = "attestation"
    options: ClassVar[Mapping[str, Any]] = {
        "folder": {
            "type": "string",
            "minLength": 1,
            "description": "folder of the *.dsse.json files, relative to troth.yaml",
        },
        "trusted_keys": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "path"],
                "properties": {
                    "id": {"type": "string", "minLength": 1, "description": "the keyid"},
                    "path": {"type": "string", "minLength": 1, "description": "a PEM public key"},
                },
            },
        },
    }
    required_options = ("folder", "trusted_keys")
    lists = ("ids",)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with keys and files before anything is evaluated.

        A file that is no attestation at all is a problem; one that no trusted key signed is not:
        that is for the verdict.
        """
        found, keys = _key_problems(target)
        folder = _folder(target)
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in paths:
            shown = str(Path(target["folder"]) / path.name)
            if path.name.endswith(SUFFIX):
                found += _file_problems(path, shown, keys)
            elif path.suffix == ".json":
                advice = f"call it {path.stem}{SUFFIX}, or move it away"
                found.append(Problem(Place(shown), f"not read as an attestation; {advice}"))
        return sorted(found)

    @call("file:list-attestations", actions=(), per="partition")
    def ids(self) -> Json:
        """Return the ids of the attestations in the folder, from their files' names."""
        folder = _folder(self.target)
        if not folder.is_dir():
            raise ObservationFailed(
                Reason.NO_DATA, f"there is no folder {self.target['folder']}; make it"
            )
        names = [path.name for path in folder.iterdir()]
        return sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))

    @call("file:read-trusted-keys", actions=(), per="partition")
    def trusted(self) -> Json:
        """Return the trusted public keys as PEM text, by id."""
        base = Path(self.target["base_dir"])
        return {
            key["id"]: (base / key["path"]).read_bytes().decode("utf-8", "replace")
            for key in self.target["trusted_keys"]
        }

    @call("file:read-attestation", actions=(), per="resource")
    def envelope(self, resource: Resource) -> Json:
        """Return the text of one attestation's file."""
        # Bytes that are not UTF-8 cannot verify, whatever stands in their place.
        body = _read(_folder(self.target) / f"{resource.id}{SUFFIX}")
        return body.decode("utf-8", "replace")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield one resource per file."""
        for name in self.read("ids"):
            yield Resource(id=name, name=name)

    @facet("statement", uses=("envelope", "trusted"))
    def statement(self, resource: Resource, envelope: Any, trusted: Any) -> Facts:
        """Return what the statement says, if a trusted key signed it; unproven otherwise."""
        shown = Path(self.target["folder"]) / f"{resource.id}{SUFFIX}"
        try:
            keys = {name: dsse.load_public_key(pem.encode()) for name, pem in trusted.items()}
            made = _verified(envelope.encode(), resource.id, keys)
        except UnprovenError as error:
            raise ObservationFailed(Reason.UNPROVEN, f"{shown}: {error}") from error
        except AttestationError as error:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"{shown}: {error}") from error
        except dsse.KeyFileError as error:
            text = f"a trusted key cannot be used: {error}"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, text) from error
        facts = made.payload() | {"clauses": complete(made.clauses), "key": made.key}
        del facts["schema"], facts["id"]
        digest = hashlib.sha256(envelope.encode()).hexdigest()
        return Facts(facts, raw={"file": str(shown), "file_sha256": digest})

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn a file that may not be read, or cannot be, into a failure."""
        if isinstance(error, OSError):
            name = Path(str(error.filename)).name
            if isinstance(error, PermissionError):
                return Failure(Reason.PERMISSION_DENIED, f"{name} may not be read", f"read {name}")
            return Failure(Reason.NO_DATA, f"{name} cannot be read: {error.strerror}")
        return None


def _folder(target: Mapping[str, Any]) -> Path:
    return Path(target["base_dir"]) / str(target["folder"])


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(attestations.MAX_BYTES + 1)


def _verified(
    body: bytes, name: str, keys: Mapping[str, dsse.PublicKey]
) -> attestations.Attestation:
    made = attestations.verify(body, keys)
    # Otherwise one statement could be copied under many names.
    if made.id != name:
        raise AttestationError(f"the statement's id is {made.id}; call the file {made.id}{SUFFIX}")
    return made


def _key_problems(
    target: Mapping[str, Any],
) -> tuple[list[Problem], dict[str, dsse.PublicKey]]:
    found: list[Problem] = []
    keys: dict[str, dsse.PublicKey] = {}
    for key in target["trusted_keys"]:
        place = Place(key["path"])
        if key["id"] in keys:
            found.append(Problem(place, f"the key id '{key['id']}' is already given; use another"))
            continue
        try:
            keys[key["id"]] = dsse.load_public_key(_read(Path(target["base_dir"]) / key["path"]))
        except dsse.KeyFileError as error:
            found.append(Problem(place, f"trusted key '{key['id']}': {error}"))
        except OSError as error:
            advice = "check the path and its permissions"
            found.append(Problem(place, f"cannot be read: {error.strerror}; {advice}"))
    return found, keys


def _file_problems(path: Path, shown: str, keys: Mapping[str, dsse.PublicKey]) -> list[Problem]:
    try:
        _verified(_read(path), path.name.removesuffix(SUFFIX), keys)
    except UnprovenError:
        return []
    except AttestationError as error:
        return [Problem(Place(shown), str(error))]
    except OSError as error:
        advice = "check its permissions"
        return [Problem(Place(shown), f"cannot be read: {error.strerror}; {advice}")]
    return []
