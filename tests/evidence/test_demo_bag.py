"""The bag of a demo: five documents, every kind of target, 1,500 findings; and it holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bagit

from troth.cli import main
from troth.evidence import archive
from troth.evidence.keyfiles import write as write_key
from troth.evidence.signers import load

Evidence = Callable[..., tuple[int, str, str]]


def test_the_bag_of_a_demo_verifies_and_is_judged_again(tmp_path: Path, evidence: Evidence) -> None:
    troth = Path(sys.executable).with_name("troth")
    done = subprocess.run([troth, "demo", "f"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    [run] = (tmp_path / "f/runs").iterdir()
    private, public, bag = (tmp_path / name for name in ("k.pem", "k.pub.pem", "bag.tar.gz"))
    write_key(private, "p256", None)
    public.write_bytes(load(str(private)).public_pem)
    assert evidence("pack", run, "--key", private, "--out", bag)[0] == 0
    code, out, _ = evidence("verify", bag, "--key", public)
    assert code == 0
    assert ": FAILED\n" in out
    folder = archive.extract(bag, tmp_path)
    bagit.Bag(str(folder)).validate(processes=1)
    script: list[str | Path] = ["sh", folder / "verify.sh", folder, public]
    ran = subprocess.run(script, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {path.name for path in (folder / "data/inputs/attestations/statements").iterdir()} == {
        path.name for path in (tmp_path / "f/attestations").iterdir()
    }
    assert main(["replay", str(bag), "-o", "json=/dev/null", "-o", "text=/dev/null"]) == 1
