"""Where each measure stands, so that only the modules that a control names are imported.

A new measure is added here; a test holds this table and the modules together.
"""

MODULES = {
    "access_reviews": (
        "access-reviewed",
        "account-revoked",
        "requests-used",
    ),
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
    "allowances": ("storage-promised",),
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
    "arrivals": ("arrivals-inside",),
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
    "attachments": ("kept-past-close",),
    "attested": ("attested",),
    "attribution": ("fields-carried",),
    "audits": ("audit-requests",),
    "authorities": (
        "authority-reports",
        "authority-help",
    ),
    "availability": (
        "availability",
        "recurring-downtime",
        "outages-registered",
    ),
    "backups": (
        "newest-backup",
        "points-with",
    ),
    "batches": ("runs-within",),
    "beside": ("said-beside",),
    "cadence": ("release-gaps",),
    "certificates": ("current-certificates",),
    "changes": (
        "change-steps",
        "changes-covered",
    ),
    "complaints": ("complaint-handling",),
    "contents": (
        "purposes-named",
        "something-found",
    ),
    "copies": ("copied-outside",),
    "coverage": (
        "covered-values",
        "fresh-values",
        "each-target-has",
    ),
    "deadlines": ("due-date",),
    "disposals": (
        "disposed-of",
        "disposal-proved",
    ),
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
    "grants": (
        "grants-justified",
        "grants-owned",
    ),
    "handlers": (
        "approved-people",
        "reach-approved",
    ),
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
    "keepers": ("backup-keepers",),
    "leavers": (
        "leavers-accounts",
        "leavers-rights",
        "leavers-traces",
        "movers-access",
    ),
    "loads": ("load-held",),
    "logs": ("reaches-back",),
    "maintenance": ("stops-in-window",),
    "malware": (
        "devices-protected",
        "machines-current",
    ),
    "malware_scans": (
        "scans-made",
        "finds-recorded",
    ),
    "media": ("assets-at-most",),
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
    "patching": ("patched",),
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
    "release_scans": ("released-clean",),
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
    "restores": ("restore-tested",),
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
    "scans": (
        "scan-limits",
        "machines-scanned",
    ),
    "schedules": (
        "on-time-starts",
        "generations",
    ),
    "sensors": ("sensors-work",),
    "software": ("software-support",),
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
    "terminations": (
        "termination-due",
        "left-behind",
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
