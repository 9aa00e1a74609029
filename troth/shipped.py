"""Where troth's own data files lie: kinds, controls, policies, schemas and the demo's company.

The modules beside them are files too, so a path does; importlib.resources takes longer to import
than all that it is asked here.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
