"""The demo's evidence bundle: what an auditor of Hinoki would be handed, and the key for it."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from troth.demo.folder import Folder
from troth.evidence import pack
from troth.evidence.signers import KeyFile
from troth.run import Run

#: In the demo's folder.
BUNDLE, PUBLIC = "bundle.tar.gz", "signer.pub.pem"


def seal(folder: Folder, run: Run) -> Path:
    """Pack the run into a signed bundle in the demo's folder, and return where it lies.

    The private key is forgotten: nothing that the demo leaves could sign something else.
    """
    signer = KeyFile(ec.generate_private_key(ec.SECP256R1()))
    folder.put(PUBLIC, signer.public_pem)
    order = pack.Order(signer, organization="Hinoki")
    return pack.pack(run.folder, folder.path / BUNDLE, order).path
