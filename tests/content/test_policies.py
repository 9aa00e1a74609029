"""The shipped policies against what their documents hold: every clause, control and figure.

The numbers and names here were written down from the documents' analysis, not from the policies,
so a clause that is lost, renamed or judged otherwise is seen. The files are read without troth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]

#: observed, recorded, attested, informative, all, and distinct controls
TOTALS = {
    "servicechannel": (30, 36, 12, 10, 88, 53),
    "icp-operator": (23, 40, 22, 6, 91, 59),
    "purecloud": (29, 43, 29, 36, 137, 65),
    "smart-receico": (34, 27, 8, 10, 79, 49),
    "conholdate": (32, 6, 8, 7, 53, 33),
}

#: language, time zone and number of lines of each document
SOURCES = {
    "servicechannel": ("zh", "America/New_York", 91),
    "icp-operator": ("zh", "Asia/Shanghai", 51),
    "purecloud": ("ja", "UTC", 160),
    "smart-receico": ("ja", "Asia/Tokyo", 266),
    "conholdate": ("id", "UTC", 33),
}

#: the only informative clauses that carry controls: examples, shown and never judged
EXAMPLES = {("icp-operator", "4.1.2b"), ("icp-operator", "4.2.1b")}

#: how many ambiguities each part of docs/interpretations.md explains
AMBIGUITIES = {"G": 6, "SC": 9, "ICP": 8, "PC": 12, "SR": 16, "CH": 11}

#: every clause, in the order of its document
IDS = {
    "servicechannel": """
        sla.0 severity.0 severity.1 severity.2 severity.3 availability.1 availability.2
        availability.3 availability.4 availability.5 A.a A.b B.1 B.2 B.3a B.3b B.4 C.1 C.2 D.a
        D.b D.1a D.1b D.1c D.2a D.2b D.2c D.3 D.4a D.4b D.4c D.4d D.5 D.6a D.6b D.6c D.6d E.1a
        E.1b E.1c E.2a E.2b E.3 E.4a E.4b E.5a E.5b F.1a F.1b F.1c F.1d F.1e F.1f F.1g F.1h F.1i
        F.1j G.1 G.2a G.2b G.3a G.3b G.3c G.4a G.4b G.5a G.5b G.5c G.5d G.5e G.6a G.6b H.1 H.2a
        H.2b H.2c H.3 I.1 I.2 I.3a I.3b J.1a J.1b J.2 J.3 J.4a J.4b K
    """,
    "icp-operator": """
        1.1a 1.1b 1.1c 1.2a 1.2b 1.3a 1.3b 1.3c 1.4a 1.4b 1.4c 1.4d 1.5a 1.5b 1.6a 1.6b 1.6c
        1.6d 1.7a 1.7b 1.7c 1.7d 1.8a 1.8b 1.8c 1.8d 1.8e 1.8f 1.8g 1.9a 1.9b 1.9c 2.1a 2.1b
        2.1c 2.2a 2.2b 2.2c 2.2d 2.2e 2.2f 2.3a 2.3b 2.3c 2.4a 2.4b 2.5a 2.5b 2.5c 3.1a 3.1b
        3.2a 3.2b 3.2c 3.3a 3.3b 3.3c 4.0a 4.0b 4.0c 4.0d 4.0e 4.0f 4.0g 4.0h 4.0i 4.0j 4.0k
        4.0l 4.0m 4.0n 4.0o 4.0p 4.0q 4.0r 4.1.1 4.1.2a 4.1.2b 4.1.2c 4.1.3 4.2.0 4.2.1a 4.2.1b
        4.2.2 4.2.3 4.3a 4.3b 4.3c 4.3d 4.4a 4.4b
    """,
    "purecloud": """
        0 1.1 1.2a 1.2b 1.2c 1.3a 1.3b 1.3c 1.4a 1.4b 1.4c 1.4d 1.5a 1.5b 1.5c 1.5d 1.5e 1.6a
        1.6b 1.6c 1.7 1.8a 1.8b 1.9a 1.9b 1.9c 1.9d 2.1 2.1.Aa 2.1.Ab 2.1.Ac 2.1.B 2.1.C 2.1.Da
        2.1.Db 2.1.E 2.1.Fa 2.1.Fb 2.1.Fc 2.1.G 2.1.Ha 2.1.Hb 2.1.Hc 3.1 3.2a 3.2b 3.2c 3.3
        3.3.A 3.3.B 3.3.Ca 3.3.Cb 3.3.D 3.3.Ea 3.3.Eb 4.1a 4.1b 4.1c 4.2 4.3a 4.3b 4.3c 5.1a
        5.1b 5.1c 5.1d 5.1e 5.2a 5.2b 5.2c 5.3.i 5.3.ii 5.3.iii 5.3.iv 5.3.v 5.4a 5.4b 5.4c 6.1a
        6.1b 6.1c 6.1d 6.2.a 6.2.b 6.2.c 6.2.d 6.2.e 6.3.a 6.3.b 6.3.c 6.3.d 7.1 7.2 7.3 7.4a
        7.4b 7.5 7.6.i 7.6.ii 7.6.v 8.0 8.pci 8.soc2 8.iso27001 8.iso27018 8.hipaa 8.sig-full
        8.sig-lite 8.privacy-shield 8.customer 9a 9b 9c 9d 9e 9f 10 11.1 11.2 11.3a 11.3b 11.4a
        11.4b 11.5a 11.5b 11.5c 11.5d 11.5e 12 12.customer-data 12.data-centre
        12.industry-standard 12.personal-data 12.service 12.service-environment 12.user 13
    """,
    "smart-receico": """
        0.a 0.b 0.c 1.1a 1.1b 1.2 1.3 1.4 1.5a 1.5b 1.6a 1.6b 1.7 1.8 1.9a 1.9b 1.10 1.11 1.12
        1.13a 1.13b 1.13c 1.14a 1.14b 1.14c 1.14d 1.14e 1.14f 1.14g 1.14h 1.14i 1.14j 1.15a
        1.15b 1.16 1.17 1.18 1.19 1.20 1.21 1.22a 1.22b 2.1a 2.1b 2.1c 2.1-2a 2.1-2b 3.1a 3.1b
        3.1c 3.2a 3.2b 3.2c 3.2d 3.3 3.4 3.5 3.6a 3.6b 3.7a 3.7b 3.7c 3.7-2a 3.7-2b 3.5-2 4.1
        4.2a 4.2b 4.3 4.4 4.5a 4.5b 4.6 4.7a 4.7b 4.8 4.9a 4.9b 4.10
    """,
    "conholdate": """
        0 1.1a 1.1b 1.2a 1.2b 2.1a 2.1b 2.1c 2.1d 3.1a 3.1b 3.1c 3.1d 4.1a 4.1b 4.1c 4.2a 4.2b
        4.2c 4.2d 4.3 5.1a 5.1b 5.1c 5.2a 5.2b 5.2c 6.1a 6.1b 6.2a 6.2b 7.1a 7.1b 7.1c 8.1a 8.1b
        8.2a 8.2b 8.3a 8.3b 8.3c 8.4 9.1a 9.1b 9.2a 9.2b 9.2c 9.3a 9.3b 9.4a 9.4b 10.1a 10.1b
    """,
}

#: every control of the catalogue, and how many clauses cite it
CITATIONS = """
    access-management-policy=3 access-removal=3 access-review=1 account-approval=3
    account-lockout=1 action-plan-tracking=1 admin-interface-restriction=2
    approved-cryptography=1 asset-inventory=2 assurance-report-availability=2 audit-logging=4
    authentication-required=3 authority-reporting=2 backup-access-restriction=2
    backup-coverage=4 backup-encryption=2 backup-expiry=1 backup-frequency=6
    backup-generations=1 backup-location=2 backup-procedure=2 backup-restore-test=1
    batch-processing-time=1 business-continuity-plan=1 central-access-management=1
    certification=14 change-management=4 cloud-only-storage=1 compensation-terms=2
    complaint-analysis=1 concurrent-user-capacity=2 confidentiality-obligation=1 console-lock=1
    content-management-policy=2 content-prepublication-review=2 corrective-action=8
    credential-protection=3 customer-audit-right=3 customer-held-recording-key=1
    customer-satisfaction-measurement=2 customer-side-processing=2 data-anonymization=2
    data-deletion-after-termination=4 data-deletion-request=3 data-disclosure-restriction=3
    data-handler-restriction=4 database-access-control=1 default-deny-ingress=2
    encryption-at-rest=2 encryption-in-transit=8 end-to-end-encryption=1
    environment-separation=2 environmental-protection=7 exit-asset-return=1
    external-uptime-monitoring=2 facility-inspection=1 failover-parameters=1
    failover-readiness=3 finding-remediation=2 firewall-change-approval=1 firewall-protection=5
    gdpr-compliance=1 guest-os-control=2 harmful-content-removal=3 high-availability=6
    hosting-provider=3 incident-cooperation=2 incident-frequency=1 incident-handling-procedure=9
    incident-notice-content=5 incident-notification=1 incident-records=3
    incident-resolution-time=1 incident-response-programme=4 incident-response-team=1
    incident-status-updates=3 input-validation=1 intrusion-detection=2
    latency-degradation-duration=1 least-privilege=7 legal-compliance=2 liability-insurance=1
    liveness-monitoring=3 log-attribution=3 log-retention=4 log-secret-redaction=1
    malicious-input-filtering=1 malware-protection=6 malware-scan-frequency=2
    mean-time-to-recovery=1 media-sanitization=5 network-segmentation=1 no-card-data-storage=2
    no-wireless-networks=1 password-expiry=2 password-storage-hashing=2 password-strength=3
    penetration-test=3 personnel-supervision=1 physical-access-control=12
    planned-maintenance-notice=2 planned-maintenance-window=1 policy-acknowledgement=5
    policy-change-notice=1 policy-review=3 post-incident-review=3 pre-release-testing=1
    privacy-programme=4 private-content-access=1 public-status-page=3 published-policy-page=3
    recording-encryption=1 recovery-time-objective=2 release-cadence=1 remote-access-vpn=1
    removable-media-restriction=1 resource-monitoring=2 response-time=1 risk-assessment=3
    secure-file-transfer=2 security-event-monitoring=3 security-patching=4 security-procedures=3
    security-programme=6 security-programme-assessment=4 security-roles=4
    security-support-staff=2 security-training=5 service-agreement=3 service-availability=8
    service-closure-review=1 service-quality-management=9 service-review=3
    service-termination-notice=1 session-timeout=2 software-integrity=1
    staff-performance-appraisal=5 status-change-alerts=2 storage-allowance=2
    storage-redundancy=2 subprocessor-register=1 support-availability=7 support-continuity=1
    support-file-retention=1 support-staffing=3 surplus-capacity=1 telephony-redundancy=2
    tenant-isolation=4 third-party-due-diligence=1 third-party-review=2
    tls-certificate-key-strength=1 tls-cipher-strength=1 tls-protocol-version=3
    training-assessment=2 unique-user-accounts=3 unused-services-disabled=2
    usage-telemetry-minimization=2 user-awareness=1 user-change-notice=1
    user-identity-registration=1 vulnerability-management=1
"""

#: what the documents state, by clause and control; anything else is assumed
STATED = yaml.safe_load("""
servicechannel:
  severity.1 incident-resolution-time: {severity: 1, min_share: 90, max_resolution: PT2H}
  severity.2 incident-status-updates:
    promise: expected-time
    severities: ["2"]
    max_hours_without_eta: 24
  severity.3 incident-status-updates: {promise: regular, severities: ["3"]}
  availability.1 service-availability:
    subjects: [around-the-clock]
    exclude_planned_maintenance: true
  availability.2 service-availability:
    subjects: [share]
    min_availability_percent: 99.5
    denominator: period-without-exclusions
    exclude_planned_maintenance: true
  availability.4 planned-maintenance-window:
    window: FREQ=WEEKLY;BYDAY=SA;BYHOUR=2;BYMINUTE=0
    length: PT4H
  availability.5 service-availability:
    subjects: [share]
    min_availability_percent: 99.5
    window: P1M
    exclude_planned_maintenance: true
  B.3a security-roles:
    asks: [holders]
    roles: [security_coordinator]
    min_grade: manager
    worker_types: [employee]
  B.3b security-roles:
    asks: [duties]
    roles: [security_coordinator]
    duties: [staff_training, safeguard_testing, provider_assessment]
  D.a security-programme: {elements: [administrative, technical, physical]}
  D.b policy-review: {policies: [security_programme]}
  D.2c access-management-policy: {steps: [grant, determine, modify, terminate]}
  D.5 security-training: {audience: [employees, agents]}
  D.6a security-programme-assessment:
    asks: [inputs]
    kinds: [risk_assessment, comprehensive_evaluation, safeguard_monitoring_and_testing]
  D.6b security-programme-assessment: {asks: [interval], max_interval: P12M}
  D.6c security-programme-assessment: {asks: [changes]}
  D.6d certification: {standards: [SOC 1 Type II, SOC 2 Type II]}
  G.3a malware-protection: {asks: [machines]}
  G.3c malware-protection: {asks: [devices]}
  E.1b security-roles: {asks: [approval, holders]}
  E.5a policy-acknowledgement: {documents: [security_programme]}
  E.5b policy-acknowledgement: {documents: [privacy_policy]}
  E.4b environmental-protection: {measures: [fire, flood]}
  F.1b encryption-in-transit: {protections: [TLS, SSH]}
  F.1d encryption-at-rest: {algorithm: AES, min_key_bits: 256}
  F.1e tls-certificate-key-strength: {min_rsa_bits: 2048}
  F.1g tls-protocol-version: {min_tls_version: "1.2"}
  F.1h encryption-in-transit: {protections: [TLS, SSH]}
  F.1i encryption-in-transit: {protections: [TLS, SSH]}
  F.1j secure-file-transfer: {methods: [SSL, SSH], mode: available}
  G.2a security-support-staff: {min_people: 1}
  G.2b incident-records: {promise: support-reports}
  G.4a asset-inventory: {asks: [labels], device_types: [laptop, handheld_wireless]}
  G.4b asset-inventory:
    asks: [counts]
    device_types: [laptop, handheld_wireless]
    max_interval: P12M
  G.3b security-patching: {max_patch_age: P12M, max_interval: P12M}
  G.5e environment-separation: {separated_from: [customer_internal_servers]}
  G.6a telephony-redundancy: {subjects: [standby], systems: [phones, call_centre, ivr]}
  G.6b telephony-redundancy: {subjects: [takeover]}
  H.1 risk-assessment: {kinds: [internal, external]}
  H.2b policy-change-notice: {policies: [security_programme]}
  H.2c policy-acknowledgement: {documents: [security_programme]}
  H.3 security-programme-assessment:
    asks: [topics]
    topics:
      - risk_activities
      - new_risks_or_vulnerabilities
      - technology_change
      - business_change
      - available_resources
      - volume_of_sensitive_information
      - new_security_needs
      - other_material_circumstances
  I.3a access-removal: {asks: [leavers]}
  I.3b exit-asset-return:
    items: [keys, id_numbers, access_codes, badges, business_cards]
  J.1a post-incident-review: {asks: [review], reviewer_roles: [security_coordinator]}
  J.1b post-incident-review: {asks: [decision], reviewer_roles: [security_coordinator]}
  J.1b corrective-action: {sources: [incidents], asks: [actions]}
  J.3 corrective-action: {sources: [incidents], asks: [tracking], kinds: [practice-change]}
  J.4a incident-records: {promise: written-report}
  J.4b incident-records: {promise: management-report}
  K media-sanitization: {media: [paper, electronic]}
icp-operator:
  1.2a malware-protection: {asks: [devices, machines], device_types: [server, workstation]}
  1.2b malware-protection: {asks: [measures]}
  1.3a audit-logging: {log_kinds: [access]}
  1.3b log-retention: {min_retention: P6M, log_kinds: [system_run, user_activity]}
  1.3c log-attribution: {fields: [client_ip, usage, page_maintainer, maintainer_ip]}
  1.4a log-attribution: {fields: [ip_address]}
  1.6a unused-services-disabled: {subjects: [services]}
  1.6b unused-services-disabled: {subjects: [ports]}
  1.7c admin-interface-restriction: {asked_from: [listed]}
  1.7d admin-interface-restriction: {asked_from: [outside]}
  1.4c harmful-content-removal: {categories: [banned, unlawful]}
  1.4d authority-reporting: {promise: important-information}
  1.8b database-access-control: {scope: [application, operator, terminal]}
  1.8c unique-user-accounts: {accounts_per_person: 1}
  1.8e policy-acknowledgement: {documents: [password_secrecy]}
  1.9a environmental-protection: {measures: [telecom machine-room standard]}
  1.9b environmental-protection: {measures: [uninterruptible power supply], min_ups_units: 1}
  1.9c facility-inspection: {topics: [power, fire, damp, magnetism, rodents]}
  2.1a security-programme: {elements: [management system, accountability]}
  2.1b security-roles: {asks: [owners, holders, duties], roles: [system_owner]}
  2.2a content-prepublication-review: {promise: by-staff}
  2.2c content-prepublication-review: {promise: after-review}
  2.2e content-management-policy: {prohibited_categories: 9}
  2.2f harmful-content-removal: {categories: [banned]}
  2.3a content-management-policy: {activities: [monitoring, keeping, clearing, backup]}
  2.3b harmful-content-removal: {categories: [banned, harmful, unlawful]}
  2.3c authority-reporting: {promise: criminal-cases}
  2.4b log-retention: {min_retention: P6M, log_kinds: [system_run, user_activity]}
  2.5a security-training: {audience: [relevant_staff]}
  3.3a security-training: {audience: [relevant_staff], occasions: [repeat]}
  3.1b data-disclosure-restriction:
    promise: no-publication
    exceptions: [published_policies, legal_requirement]
  3.2a access-management-policy: {steps: [account registration, permission management]}
  3.2b data-handler-restriction: {min_custodians: 1}
  3.2c data-disclosure-restriction: {promise: no-disclosure}
  3.3c policy-acknowledgement: {documents: [security_rules]}
  4.0d service-agreement: {parts: [responsibilities]}
  4.0e corrective-action: {sources: [breaches]}
  4.0f service-review: {asks: [review, fees]}
  4.0h support-staffing: {min_seats: 3}
  4.0i support-staffing: {min_staff: 5}
  4.0j support-staffing: {min_per_day_shift: 2}
  4.0n staff-performance-appraisal:
    roles: [management, marketing, development, customer_service]
    asks: [appraisals]
  4.0o staff-performance-appraisal:
    roles: [management]
    indicators: [market_direction, coordination, industry_foresight, product_direction]
  4.0p staff-performance-appraisal:
    roles: [marketing]
    indicators: [sales_plan_on_time, market_expansion, demand_feedback]
  4.0q staff-performance-appraisal:
    roles: [development]
    indicators: [plan_completion, timely_features]
  4.0r customer-satisfaction-measurement: {asks: [tickets]}
  4.0r staff-performance-appraisal:
    roles: [customer_service]
    indicators: [prompt_response, answer_satisfaction, attitude]
    asks: [appraisals]
  4.1.3 risk-assessment: {kinds: [delivery_risk, compensation_risk]}
  4.2.0 service-agreement: {parts: [indicators, exemptions, penalties]}
  4.2.1b backup-frequency: {interval: P2D}
  4.2.1b service-availability: {subjects: [downtime], max_downtime: PT1H, window: P1Y}
  4.2.1b concurrent-user-capacity: {min_concurrent_users: 100}
  4.2.2 service-agreement: {asks: [parts], parts: [exemptions]}
  4.2.3 compensation-terms: {terms_in: agreements}
  4.3c customer-satisfaction-measurement: {asks: [surveys]}
  4.4a service-review: {asks: [review, verdict]}
  4.4b corrective-action: {sources: [service-reviews], asks: [tracking]}
  4.4b service-review: {asks: [audit]}
purecloud:
  1.1 security-programme: {elements: [ISO 27001]}
  1.2a security-training: {audience: [employees, contractors], occasions: [entry]}
  1.2b security-training:
    audience: [employees, contractors]
    occasions: [repeat]
    max_interval: P12M
  1.2c training-assessment: {delivery: electronic}
  1.3b policy-review: {asks: [review], max_interval: P12M}
  1.3c policy-review: {asks: [update]}
  1.5b backup-procedure: {covers: [backup]}
  1.5d removable-media-restriction: {max_portable_media: 0}
  1.6a malware-protection: {asks: [machines], exempt_systems: [linux]}
  1.4a change-management: {asks: [live]}
  1.4b change-management: {asks: [steps], steps: [review]}
  1.4c change-management: {asks: [steps], steps: [test]}
  1.4d change-management: {asks: [steps], steps: [approval]}
  1.8a media-sanitization: {media: [data], parties: [provider, subcontractors]}
  1.8b media-sanitization: {media: [equipment]}
  1.9a penetration-test: {kinds: [vulnerability_assessment, penetration_test], max_interval: P12M}
  1.9b penetration-test:
    kinds: [vulnerability_assessment, penetration_test]
    max_interval: P12M
    independence: independent_certified_vendor
  1.9d assurance-report-availability:
    report: penetration_test_summary
    condition: written_request_and_nda
  2.1 tenant-isolation: {level: environments}
  2.1.Ab firewall-protection: {directions: [ingress, egress]}
  2.1.B intrusion-detection: {kinds: [host, network]}
  2.1.C no-wireless-networks: {max_wireless_interfaces: 0}
  2.1.Da encryption-in-transit: {protections: [TLS, VPN, MPLS]}
  2.1.Db encryption-in-transit: {protections: [TLS], require_tls_over_untrusted_networks: true}
  2.1.E encryption-in-transit: {protections: [TLS, SSH]}
  2.1.E secure-file-transfer: {methods: [TLS, HTTPS, SFTP], mode: required}
  2.1.Fa recording-encryption: {objects: [call_recordings, chat_sessions]}
  2.1.Ha audit-logging: {log_kinds: [security_events]}
  2.1.Hc log-retention: {min_retention: P1Y, log_kinds: [security_events]}
  3.3 unique-user-accounts: {accounts_per_person: 1}
  3.3.Cb password-expiry: {max_age: P90D}
  3.3.Ea access-removal: {asks: [leavers]}
  3.3.Eb access-removal: {asks: [movers]}
  4.1c environment-separation: {separated_from: [corporate_network], physical: true}
  4.2 business-continuity-plan: {functions: [monitoring, support]}
  5.2a incident-notification: {max_delay: PT36H}
  5.2b incident-cooperation: {kinds: [notification]}
  5.3.i incident-notice-content: {fields: [identified_on, confirmed_on]}
  5.3.ii incident-notice-content: {fields: [nature, impact]}
  5.3.iii incident-notice-content: {fields: [actions_taken]}
  5.3.iv incident-notice-content: {fields: [corrective_measures]}
  5.3.v incident-notice-content: {fields: [alternatives, next_steps]}
  5.4a incident-status-updates: {promise: regular, types: [security, notifiable]}
  5.4b corrective-action: {sources: [incidents], kinds: [fix, prevention]}
  5.4c incident-cooperation: {kinds: [investigation, resolution]}
  6.1a third-party-review: {asks: [contract]}
  6.1b third-party-review: {asks: [review], max_interval: P12M}
  6.1c certification: {holder: provider, every_listed: true}
  6.1d assurance-report-availability:
    report: data_centre_certificates
    condition: written_request
  6.3.a environmental-protection: {measures: [redundant external power]}
  6.3.b environmental-protection: {measures: [redundant uninterruptible power supplies]}
  6.3.c environmental-protection: {measures: [backup generators]}
  6.3.d environmental-protection: {measures: [redundant temperature and humidity control]}
  8.0 certification:
    standards:
      - PCI DSS
      - SOC 2 Type II
      - ISO 27001
      - ISO 27018
      - HIPAA
      - SIG Full
      - SIG Lite
      - Privacy Shield
    holder: own
  8.pci certification: {standards: [PCI DSS], holder: own}
  8.soc2 certification: {standards: [SOC 2 Type II], holder: own}
  8.iso27001 certification: {standards: [ISO 27001], holder: own}
  8.iso27018 certification: {standards: [ISO 27018], holder: own}
  8.hipaa certification: {standards: [HIPAA], holder: own}
  8.sig-full certification: {standards: [SIG Full], holder: own}
  8.sig-lite certification: {standards: [SIG Lite], holder: own}
  8.privacy-shield certification: {standards: [Privacy Shield], holder: own}
  9a customer-audit-right: {asks: [assessment], max_per_year: 1, min_notice: P30D}
  9b customer-audit-right: {asks: [assessment, package]}
  9e customer-audit-right: {asks: [assessment, cooperation]}
  11.4b data-disclosure-restriction: {promise: no-sale, banned_purposes: [sale, rent]}
smart-receico:
  0.c hosting-provider: {provider: gcp, previous_provider: aws}
  1.1a service-availability:
    subjects: [around-the-clock]
    exclude_planned_maintenance: true
    min_counted_outage: PT5M
  1.1b service-availability:
    subjects: [around-the-clock]
    exclude_planned_maintenance: true
    min_counted_outage: PT5M
    from_installation: true
  1.5a service-availability: &available
    subjects: [share]
    min_availability_percent: 99
    min_counted_outage: PT5M
    denominator: period-without-exclusions
    exclude_planned_maintenance: true
  1.5b service-availability: *available
  1.2 planned-maintenance-notice: {min_notice: P7D, channels: [email]}
  1.3 service-termination-notice: {min_notice: P3M, channels: [support_site, email]}
  1.6a hosting-provider: {region: ap-northeast-1}
  1.6b support-continuity: {sites: [okayama, tokyo, osaka, vietnam]}
  1.9a release-cadence: {min_cycle: P1D, max_cycle: P14D}
  1.9b user-change-notice: {channels: [email]}
  1.10 mean-time-to-recovery: {max_mean: PT1H}
  1.12 incident-frequency: {max_failures: 3, max_long_failures: 3, long_failure: P1D}
  1.13c corrective-action: {sources: [alerts]}
  1.14h corrective-action: {sources: [incidents], asks: [actions], kinds: [prevention]}
  1.15a audit-logging: {log_kinds: [access, operation, error, login_logout]}
  1.15b log-retention: {min_retention: P30D, log_kinds: [access, operation, error, login_logout]}
  1.18 batch-processing-time: {max_duration: PT4H}
  1.21 concurrent-user-capacity: {min_concurrent_users: 50}
  1.22a storage-allowance: {server: shared, min_gb: 15}
  1.22b storage-allowance: {server: dedicated}
  3.1a backup-frequency: {interval: P1D, at_local: "04:00"}
  3.1b backup-access-restriction: {allowed_roles: [system_administrator]}
  3.1c backup-procedure: {covers: [restore, release to users]}
  3.2a data-deletion-after-termination: {max_delay: P1M, objects: [data]}
  3.2b data-deletion-after-termination: {max_delay: P1M, objects: [storage_media]}
  3.2b media-sanitization: {media: [storage_media]}
  3.2c data-deletion-request: {max_delay: "5 working days"}
  3.3 backup-generations: {min_generations: 7}
  3.4 encryption-in-transit: {protections: [TLS]}
  3.5 tenant-isolation: {level: accounts, systems: [FTP, database]}
  3.6b compensation-terms: {terms_in: terms-of-use}
  3.7a data-deletion-after-termination: {max_delay: P1M, objects: [data]}
  3.7b data-deletion-after-termination: {max_delay: P1M, objects: [storage_media]}
  3.7b media-sanitization: {media: [storage_media]}
  3.7c data-deletion-request: {max_delay: "5 working days"}
  4.1 certification: {standards: [PrivacyMark], holder: own}
  4.2a penetration-test:
    kinds: [application_security_inspection]
    independence: third_party_or_internal_body
  3.5-2 input-validation: {checks: [character_type, length]}
  4.5a tenant-isolation: {level: servers}
  4.5b tenant-isolation: {level: accounts}
  4.7b unique-user-accounts: {accounts_per_person: 1}
  4.8 malware-scan-frequency: {max_interval: PT24H, scanner: ClamAV}
conholdate:
  1.1a hosting-provider: {provider: aws}
  1.2b certification: {holder: provider}
  3.1d default-deny-ingress: {default_action: deny}
  4.1a backup-frequency: {interval: P1D}
  4.1b backup-coverage: {method: full_system_snapshot}
  4.2c backup-location: {storage: s3}
  4.3 audit-logging: {log_kinds: [all_access]}
  4.3 log-attribution: {fields: [principal, source]}
  5.1b log-secret-redaction: {coverage_percent: 100}
  6.1a no-card-data-storage: {asks: [stored], max_stored_card_records: 0}
  6.1b no-card-data-storage: {asks: [entered]}
  6.2a tls-cipher-strength: {min_symmetric_bits: 256}
  6.2b certification: {standards: [PCI DSS, CISP], holder: gateway}
  7.1b published-policy-page: {pages: [gdpr_policy]}
  7.1c published-policy-page: {pages: [subprocessors]}
  8.2a usage-telemetry-minimization: {asks: [occasions], licence_types: [metered]}
  8.2b usage-telemetry-minimization: {asks: [fields], licence_types: [metered]}
  9.2a public-status-page: {promise: portal}
  9.2b public-status-page: {promise: history}
  9.2c public-status-page: {promise: real-time}
  9.4a status-change-alerts: {promise: every-change}
  9.4b status-change-alerts: {promise: channels, channels: [RSS, ATOM, email]}
  10.1a published-policy-page: {pages: [eula, privacy_policy]}
""")


def load(name: str) -> dict[str, Any]:
    text = (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8")
    policy: dict[str, Any] = yaml.safe_load(text)
    return policy


POLICIES = {name: load(name) for name in TOTALS}


def clauses() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in POLICIES.items():
        for clause in policy["clauses"]:
            yield name, clause


def bound(clause: dict[str, Any]) -> list[str]:
    return [row["control"] for row in clause.get("controls", [])]


def cited(clause: dict[str, Any]) -> list[str]:
    return bound(clause) + list(clause.get("awaits", []))


def figures(clause: dict[str, Any]) -> Iterator[Any]:
    for row in clause.get("controls", []):
        for where in ("set", "assumed"):
            yield from row.get(where, {}).values()
    yield from (item["value"] for item in clause.get("unbound", []))


def test_there_is_no_other_policy() -> None:
    assert {path.stem for path in (ROOT / "policies").glob("*.yaml")} == set(TOTALS)


@pytest.mark.parametrize("name", TOTALS)
def test_every_clause_is_there_in_order(name: str) -> None:
    assert [clause["id"] for clause in POLICIES[name]["clauses"]] == IDS[name].split()


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    rows = POLICIES[name]["clauses"]
    how = Counter(clause["assess"] for clause in rows)
    controls = {control for clause in rows for control in cited(clause)}
    kinds = (how["observed"], how["recorded"], how["attested"], how["informative"])
    assert (*kinds, len(rows), len(controls)) == TOTALS[name]


def test_all_documents_together() -> None:
    assert len(list(clauses())) == 448
    assert len({control for _, clause in clauses() for control in cited(clause)}) == 161


def test_every_control_is_cited_as_often_as_in_the_catalogue() -> None:
    found = Counter(control for _, clause in clauses() for control in set(cited(clause)))
    wanted = {name: int(count) for name, count in re.findall(r"(\S+)=(\d+)", CITATIONS)}
    assert len(wanted) == 161
    assert found == wanted


@pytest.mark.parametrize("name", TOTALS)
def test_head(name: str) -> None:
    policy = POLICIES[name]
    assert (policy["schema"], policy["id"]) == (1, name)
    assert (policy["source"]["language"], policy["timezone"]) == SOURCES[name][:2]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", policy["source"]["digest"])


@pytest.mark.parametrize("name", TOTALS)
def test_lines_are_inside_the_document_and_one_text_has_one_digest(name: str) -> None:
    seen: dict[tuple[int, ...], str] = {}
    for clause in POLICIES[name]["clauses"]:
        at, digest = tuple(clause["lines"]["at"]), clause["lines"]["digest"]
        assert at == tuple(sorted(set(at)))
        assert 1 <= at[0] <= at[-1] <= SOURCES[name][2]
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
        assert seen.setdefault(at, digest) == digest, clause["id"]


def test_every_clause_but_the_informative_ones_is_decided_by_something() -> None:
    for name, clause in clauses():
        decided = clause["assess"] != "informative" or (name, clause["id"]) in EXAMPLES
        assert bool(cited(clause)) == decided, (name, clause["id"])


def test_no_control_is_bound_twice_without_a_name() -> None:
    for name, clause in clauses():
        names = [row.get("as", row["control"]) for row in clause.get("controls", [])]
        names += clause.get("awaits", [])
        assert len(names) == len(set(names)), (name, clause["id"])


def test_every_unbound_value_has_a_reason_and_stands_once() -> None:
    for name, clause in clauses():
        items = clause.get("unbound", [])
        for item in items:
            assert set(item) <= {"name", "value", "reason", "assumed"}, (name, clause["id"])
            assert item["reason"].strip(), (name, clause["id"], item["name"])
            assert item.get("assumed", True) is True
        names = [item["name"] for item in items]
        assert len(names) == len(set(names)), (name, clause["id"])


def test_a_reason_that_waits_for_a_control_names_one_that_the_clause_awaits() -> None:
    controls = dict(re.findall(r"(\S+)=(\d+)", CITATIONS))
    for name, clause in clauses():
        for item in clause.get("unbound", []):
            _, awaits, rest = item["reason"].partition("awaits ")
            named = {word.strip(",;") for word in rest.split()} & set(controls)
            assert not awaits or named, (name, clause["id"], item["reason"])
            assert named <= set(clause.get("awaits", [])), (name, clause["id"], item["reason"])


def test_stated_and_assumed_values_stay_apart() -> None:
    for name, clause in clauses():
        for row in clause.get("controls", []):
            both = set(row.get("set", {})) & set(row.get("assumed", {}))
            assert not both, (name, clause["id"], row["control"])


def test_the_policies_state_what_the_documents_state() -> None:
    found: dict[str, dict[str, Any]] = {name: {} for name in TOTALS}
    for name, clause in clauses():
        for row in clause.get("controls", []):
            if "set" in row:
                found[name][f"{clause['id']} {row['control']}"] = row["set"]
    judged = {key.split()[1] for stated in STATED.values() for key in stated}
    for name, stated in STATED.items():
        assert {key: row for key, row in found[name].items() if key.split()[1] in judged} == stated


def test_every_value_is_plain_json() -> None:
    def plain(value: Any) -> bool:
        if isinstance(value, list):
            return all(plain(item) for item in value)
        return isinstance(value, str | int | float)

    for name, clause in clauses():
        assert all(plain(value) for value in figures(clause)), (name, clause["id"])


def test_every_interpretation_is_explained_and_every_explanation_is_used() -> None:
    text = (ROOT / "docs" / "interpretations.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (\S+)$", text, flags=re.MULTILINE)
    wanted = [f"{key}-{n}" for key, last in AMBIGUITIES.items() for n in range(1, last + 1)]
    assert headings == wanted
    assert {key for _, clause in clauses() for key in clause.get("interpretation", [])} == set(
        wanted
    )


def test_every_class_that_a_policy_names_is_explained() -> None:
    text = (ROOT / "docs" / "interpretations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|[^|]+\|([^|]+)\|$", text, flags=re.MULTILINE)
    told = {
        (policy.strip(), word)
        for words, policies in rows
        for word in re.findall(r"`([a-z-]+)`", words)
        for policy in policies.split(",")
    }
    used = {
        (name, word)
        for name, clause in clauses()
        for row in clause.get("controls", [])
        for word in row.get("classes", [])
    }
    assert used == told
