"""What happens during a run, told to whoever listens: names and fields, no texts to parse.

Nothing is shown unless the command line has put a listener on :data:`LOG` (``--log-level``,
``--log-format``). Events carry no credential and no name that pseudonyms hide.
"""

from __future__ import annotations

import logging
from logging import DEBUG, ERROR, INFO, WARNING
from typing import Any

__all__ = ["DEBUG", "ERROR", "INFO", "LOG", "WARNING", "tell"]

#: The one logger of troth; without a listener it keeps still, whatever the level.
LOG = logging.getLogger("troth")
LOG.addHandler(logging.NullHandler())


def tell(event: str, level: int = INFO, *, said: str = "", **fields: Any) -> None:
    """Tell that something happened: its name, and JSON values about it.

    ``said`` is a sentence for people, which they read whatever the level of the log.
    """
    if LOG.isEnabledFor(level):
        LOG.log(level, event, extra={"said": said, "fields": fields})
