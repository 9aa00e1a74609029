"""Where each measure stands, so that only the modules that a control names are imported.

A new measure is added here; a test holds this table and the modules together.
"""

MODULES = {
    "accounts": ("account-owners",),
    "alerts": (
        "feeds-offered",
        "changes-in-feeds",
    ),
    "anonymous": (
        "anonymous-service",
        "anonymous-form",
    ),
    "anonymous_pages": (
        "posts-refused",
        "identity-hidden",
    ),
    "attested": ("attested",),
    "backups": (
        "newest-backup",
        "points-with",
    ),
    "certificates": ("current-certificates",),
    "coverage": (
        "covered-values",
        "fresh-values",
        "each-target-has",
    ),
    "deadlines": ("due-date",),
    "drills": ("newest-drill",),
    "endings": (
        "earliest-end",
        "notice-page",
    ),
    "exceptions": ("listed-exception",),
    "hosting": ("names-hosted",),
    "intervals": ("test-intervals",),
    "logs": ("reaches-back",),
    "notices": ("notified-in-time",),
    "openings": (
        "unpublished-rules",
        "latent-rules",
    ),
    "pages": (
        "published-topics",
        "topics-named",
    ),
    "ports": ("ports-asked",),
    "publications": (
        "publication-people",
        "unregistered-pages",
    ),
    "recency": (
        "newest-row",
        "within-limit",
    ),
    "registers": ("newest-by-name",),
    "removals": ("removed-pages",),
    "schedules": (
        "on-time-starts",
        "generations",
    ),
    "statements": (
        "signed-words",
        "attested-text",
    ),
    "status": (
        "status-portal",
        "status-history",
        "incidents-shown",
    ),
    "systems": (
        "backed-up",
        "captured-together",
    ),
    "trainings": ("trainings-due",),
    "transport": ("plaintext-reach",),
    "trial_limits": (
        "lockouts-held",
        "sessions-end",
    ),
    "trials": (
        "drills-held",
        "drills-cover",
        "drills-enough",
    ),
    "updates": ("incident-updates",),
    "vantages": ("looked-from",),
    "vendors": ("listed-vendors",),
    "words": ("known-words",),
}
MODULE_OF = {name: module for module, names in MODULES.items() for name in names}
