"""The facts are the peer's: no policy of this machine, hash seed or order changes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued

POLICY = """
openssl_conf = main
[main]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
{}
"""
POLICIES = (
    "",
    "MinProtocol = TLSv1.2",
    "MinProtocol = TLSv1.3",
    *(f"CipherString = DEFAULT:@SECLEVEL={level}" for level in (2, 3, 4, 5)),
    "MinProtocol = TLSv1.3\nCipherString = ALL:@SECLEVEL=5\nGroups = P-521",
)


def facts(folder: Path, ports: list[int], policy: str, seed: str) -> str:
    """Return what a process under a policy prints; the order of ports changes with the seed."""
    conf = folder / "openssl.cnf"
    conf.write_text(POLICY.format(policy))
    turned = ports[int(seed) % len(ports) :] + ports[: int(seed) % len(ports)]
    return subprocess.run(
        [sys.executable, "-m", "tests.checkers.tls.fleet_facts", *map(str, turned)],
        env=os.environ | {"OPENSSL_CONF": str(conf), "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def test_no_local_policy_seed_or_order_changes_a_byte(
    rsa: Issued, ecdsa: Issued, tmp_path: Path
) -> None:
    old = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    with (
        servers.openssl(tmp_path, [rsa, ecdsa], *old) as every,
        servers.openssl(tmp_path, [rsa], "-tls1", *old) as oldest,
        servers.openssl(tmp_path, [ecdsa], "-tls1_3", "-groups", "X448") as modern,
        servers.tlslite(rsa, (0, 1), ["rc4", "3des"]) as museum,
    ):
        ports = [every, oldest, modern, museum]
        seen = {
            facts(tmp_path, ports, policy, str(seed)) for seed, policy in enumerate(POLICIES, 1)
        }
    assert len(seen) == 1, seen
    (one,) = seen
    assert '"ssl3": "accepted"' in one
    assert '"tls1_3": "accepted"' in one
