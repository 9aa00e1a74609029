"""The files that make the folder a place to go on by hand, and the demo's own environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from string import Template

from troth.demo.folder import Folder
from troth.demo.moments import Moments
from troth.shipped import FOLDER

#: What this process needs so that the clients talk to the emulators and to nobody else.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}
#: How the names of variables begin that could lead them elsewhere.
_REMOVED = ("AWS_", "BOTO_", "MOTO_", "GOOGLE_", "STORAGE_EMULATOR_")


@contextlib.contextmanager
def environment() -> Iterator[None]:
    """Give this process the made-up credentials, and its own environment back in the end."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_REMOVED):
            del os.environ[name]
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def write(
    folder: Folder, moments: Moments, places: Mapping[str, object], names: Mapping[str, str]
) -> None:
    """Write configuration, waiver, credentials and the description of the company.

    ``places`` are the addresses and ports by the words of the template; ``names`` are the demo's
    names by resource id.
    """
    folder.put("troth.yaml", Template(_text("troth.yaml")).substitute(places))
    folder.put("waivers.yaml", moments.filled(_text("waivers.yaml")))
    folder.put("this-machine.yaml", _text("this-machine.yaml"))
    folder.put("demo.env", _text("demo.env"))
    rows = [f"- `{name}`: `{resource}`" for resource, name in sorted(names.items())]
    folder.put("company.md", _text("company.md") + "\n".join(rows) + "\n")


def _text(name: str) -> str:
    return (FOLDER / "demo" / "texts" / name).read_text(encoding="utf-8")
