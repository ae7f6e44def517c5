"""Settings that notebooks written for PySyft 0.1.21 to 0.2.9 pass along, and that have no meaning here.

Each is accepted, so that the notebook runs, and one sentence says why it changes nothing.
"""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["SETTINGS", "say_once", "without_meaning"]

logger = logging.getLogger("course")

CLIENT = "every worker keeps an object until its last pointer is gone, whoever the client is"
ALL_LOGGED = "every message is written down anyway: sy.transcript() shows them"
SETTINGS = {
    "auto_add": "workers of one session know each other as soon as they are made",
    "is_client": CLIENT,
    "is_client_worker": CLIENT,
    "local_worker": "a session has one local worker, sy.local_worker, and every hook uses it",
    "log_msgs": ALL_LOGGED,
    "message_pending_time": "messages arrive at once",
    "verbose": ALL_LOGGED,
}
SAID: set[str] = set()


def say_once(name: str, why: str) -> None:
    """Log that a name has no meaning here, the first time it is used."""
    if name not in SAID:
        SAID.add(name)
        logger.warning("%s has no meaning here: %s.", name, why)


def without_meaning(caller: str, settings: dict[str, Any]) -> None:
    """Say of each setting why it changes nothing. TypeError for one that no old notebook knew."""
    for name in settings:
        if name not in SETTINGS:
            raise TypeError(f"{caller} has no argument {name!r}")
        say_once(name, SETTINGS[name])
