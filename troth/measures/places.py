"""Where each measure stands, so that only the modules that a control names are imported.

A new measure is added here; a test holds this table and the modules together.
"""

MODULES = {
    "accounts": ("account-owners",),
    "acknowledgements": (
        "acknowledged-versions",
        "undertakings",
    ),
    "actions": (
        "incident-actions",
        "row-actions",
        "actions-tracked",
    ),
    "advance": (
        "told-before",
        "contacts-told",
    ),
    "aftermath": (
        "incident-reports",
        "incident-reviews",
    ),
    "agreements": (
        "agreement-parts",
        "agreements-held",
        "agreement-endings",
    ),
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
    "appraisals": (
        "appraised",
        "roles-held",
    ),
    "assessments": (
        "inputs-assessed",
        "assessments-held",
        "topics-concluded",
        "changes-assessed",
    ),
    "assets": (
        "devices-inventoried",
        "devices-registered",
    ),
    "attested": ("attested",),
    "audits": ("audit-requests",),
    "authorities": (
        "authority-reports",
        "authority-help",
    ),
    "backups": (
        "newest-backup",
        "points-with",
    ),
    "cadence": ("release-gaps",),
    "certificates": ("current-certificates",),
    "complaints": ("complaint-handling",),
    "coverage": (
        "covered-values",
        "fresh-values",
        "each-target-has",
    ),
    "deadlines": ("due-date",),
    "documents": ("signed-document",),
    "drills": ("newest-drill",),
    "endings": (
        "earliest-end",
        "notice-page",
    ),
    "examinations": ("training-tests",),
    "exceptions": ("listed-exception",),
    "failures": (
        "mean-repair",
        "failure-counts",
    ),
    "findings": ("finding-limits",),
    "headcount": (
        "people-in-role",
        "things-of-type",
        "sites-staffed",
    ),
    "hosting": ("names-hosted",),
    "inspections": (
        "topics-inspected",
        "defects-followed",
    ),
    "insurances": ("covers-in-force",),
    "intervals": ("test-intervals",),
    "logs": ("reaches-back",),
    "notice_content": ("notice-content",),
    "notices": ("notified-in-time",),
    "offboarding": ("items-returned",),
    "openings": (
        "unpublished-rules",
        "latent-rules",
    ),
    "pages": (
        "published-topics",
        "topics-named",
    ),
    "plans": ("plan-tracked",),
    "policies": (
        "policies-reviewed",
        "review-followed",
        "version-notified",
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
    "release_tests": ("tested-outside",),
    "removals": ("removed-pages",),
    "report_requests": (
        "reports-delivered",
        "summary-of-newest",
    ),
    "requests": ("request-answers",),
    "resolutions": ("resolved-share",),
    "responsibilities": (
        "role-holders",
        "owned-systems",
    ),
    "reviews": (
        "agreement-reviews",
        "audits-held",
        "gaps-answered",
    ),
    "risks": (
        "risks-assessed",
        "risks-handled",
    ),
    "roles": ("person-in-role",),
    "rosters": ("day-shifts",),
    "satisfaction": (
        "surveys-held",
        "survey-actions",
        "tickets-rated",
    ),
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
    "supervision": ("supervised",),
    "support_people": ("people-enough",),
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
    "vendor_terms": ("vendor-terms",),
    "vendors": ("listed-vendors",),
    "words": ("known-words",),
}
MODULE_OF = {name: module for module, names in MODULES.items() for name in names}
