"""Look at endpoints of this machine and print their facts as JSON: for a process of its own."""

from __future__ import annotations

import json
import sys

from tests.checkers.tls.look import Look

FACETS = ("versions", "ciphers", "certificates", "trust", "stapling")


def main() -> None:
    """Print the facts of every port in the arguments."""
    found = {}
    for port in sys.argv[1:]:
        look = Look(f"127.0.0.1:{port}")
        for facet in FACETS:
            seen = look.facet(facet)
            missing = {fact: failure.as_json() for fact, failure in seen.missing.items()}
            found[f"{port} {facet}"] = [dict(seen.values), missing, dict(seen.raw)]
    json.dump(found, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
