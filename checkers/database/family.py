"""What the checkers of all databases share: where the server is, its name, ids, and who uses it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Checker, Facts, ObservationFailed, Partition, Reason
from troth.checkers.database import usage

#: Seconds that one connection may take to be made, and one call in all, if the target says nothing.
CONNECT, DEADLINE = 10, 30

_LOCKS: dict[tuple[Any, ...], threading.Lock] = {}
_GUARD = threading.Lock()


class DatabaseChecker(Checker):
    """Base of the family: one partition, one server. Credentials never stand in troth.yaml.

    Subclasses of a product set ``target_type``, ``scheme`` and ``default_port``.
    """

    scheme: ClassVar[str] = ""
    default_port: ClassVar[int] = 0
    options: ClassVar[Mapping[str, Any]] = {
        "host": {
            "type": "string",
            "pattern": "^[^=\\s,']+$",
            "description": "name or address of the server, or the folder or path of its socket",
        },
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "user": {"type": "string", "minLength": 1, "description": "account to sign in with"},
        "name": {"type": "string", "minLength": 1, "description": "of the server; host:port else"},
        "timeout_seconds": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 300,
            "default": DEADLINE,
            "description": "what one call may take in all",
        },
        "store": {
            "type": "string",
            "minLength": 1,
            "description": "id of the data store that another target lists for this server's data",
        },
        "disks_encrypted": {
            "description": "your word that what the server's files lie on is encrypted",
            "type": "object",
            "additionalProperties": False,
            "required": ["algorithm", "key_bits"],
            "properties": {
                "algorithm": {"enum": ["AES", "ChaCha20", "other"]},
                "key_bits": {"type": "integer", "minimum": 1},
            },
        },
        **usage.OPTIONS,
    }
    required_options: ClassVar[Sequence[str]] = ("host",)

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return the server's address; nothing for a socket of this machine."""
        if cls.is_socket(target):
            return ()
        return (f"{target['host']}:{target.get('port', cls.default_port)}",)

    @staticmethod
    def is_socket(target: Mapping[str, Any]) -> bool:
        """Tell whether the target's server is reached by a socket of this machine."""
        return str(target["host"]).startswith(("/", "@"))

    @property
    def server_name(self) -> str:
        """Return the server's name: the target's word, or its host and port."""
        port = self.target.get("port", self.default_port)
        return str(self.target.get("name", f"{self.target['host']}:{port}"))

    @property
    def deadline(self) -> float:
        """Return how many seconds one call may take in all."""
        return float(self.target.get("timeout_seconds", DEADLINE))

    @property
    def turn(self) -> threading.Lock:
        """Return the lock of this server: it is asked one thing at a time, by one connection."""
        key = (self.target_type, self.target["host"], self.target.get("port"))
        with _GUARD:
            return _LOCKS.setdefault(key, threading.Lock())

    def own_id(self, *what: str) -> str:
        """Return the id of the server or of something of it: ``scheme:name:what``."""
        return ":".join((self.scheme, self.server_name, *what))

    def store_encryption(self, product: str) -> Facts:
        """Return the facet ``encryption`` of a server that does not encrypt by itself.

        Raises :class:`ObservationFailed` unless the target gives its word for the disks.
        """
        said = self.target.get("disks_encrypted")
        if said is None:
            words = f"{product} leaves encryption to the disk: name the volume under store, "
            raise ObservationFailed(Reason.NOT_SUPPORTED, words + "or set disks_encrypted")
        facts = {"state": "encrypted", "layer": "volume", "key_owner": "customer"}
        return Facts(
            facts | {"algorithm": said["algorithm"], "key_bits": said["key_bits"]},
            raw={"asserted": True},
        )
