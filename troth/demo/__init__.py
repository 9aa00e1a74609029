"""``troth demo``: an invented company on loopback, checked, and compared with what is true.

The company is seeded with known faults. What every clause's verdict has to be stands in
``expected.yaml``, written by hand from the clauses and the faults, never from a result.
"""

from __future__ import annotations

from troth.demo.show import run

__all__ = ["run"]
