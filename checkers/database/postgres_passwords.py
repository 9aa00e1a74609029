"""What passwordcheck and credcheck demand of a new password in PostgreSQL, and after wrong ones.

Both see a password only if it comes in clear: a client that sends a hash of its own passes them
by. Sources: the manual's chapter on passwordcheck (versions 10 to 18), and credcheck's README
(version 3): its settings begin with ``credcheck.`` and hold only while its library is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.checkers.database.postgres_settings import Settings

_CLASSES = ("special", "digit", "upper", "lower")


def strength(settings: Settings) -> Mapping[str, Any]:
    """Return the facet ``strength`` of the password policy.

    passwordcheck asks for letters and other signs, which are two classes, and for 8 characters or
    (since version 18) as many as are set.
    """
    least, classes, history = 0, 0, 0
    enforced = False
    if settings.loads("passwordcheck"):
        enforced, classes = True, 2
        least = settings.number("passwordcheck.min_password_length", 8)
    if settings.loads("credcheck"):
        least = max(least, settings.number("credcheck.password_min_length", 1))
        wanted = [settings.number(f"credcheck.password_min_{name}") for name in _CLASSES]
        classes = max(classes, sum(1 for number in wanted if number > 0))
        history = settings.number("credcheck.password_reuse_history")
        enforced = True
    return {
        "enforced": enforced,
        "min_length": least,
        "character_classes": classes,
        "reuse_history": history,
    }


def expiry(settings: Settings) -> Mapping[str, Any]:
    """Return the facet ``expiry``: it binds passwords that are set from now on."""
    days = 0
    if settings.loads("credcheck"):
        days = settings.number("credcheck.password_valid_max")
    return {
        "enabled": days > 0,
        "max_age_days": days if days > 0 else None,
        "binds": "new-accounts",
    }


def lockout(settings: Settings) -> Mapping[str, Any]:
    """Return the facet ``lockout`` of the sign-in: only credcheck counts wrong passwords.

    It shuts an account out until a superuser lifts it, a superuser's too.
    """
    wrong = settings.number("credcheck.max_auth_failure") if settings.loads("credcheck") else 0
    return {
        "blocks": "account" if wrong > 0 else "nothing",
        "after_attempts": wrong if wrong > 0 else None,
        "lock_seconds": None,
        "binds_root": wrong > 0,
    }
