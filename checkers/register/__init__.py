"""Registers: lists that people keep (staff, trainings, tests …), as CSV or YAML files.

One checker per register, which is one kind ``register.<name>``. A further register needs a kind
file and either a subclass of :class:`Register` with two lines, or :func:`for_kind`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Call,
    Checker,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Partition,
    Reason,
    Resource,
    call,
    facet,
)
from troth.checkers.register import table, validate
from troth.errors import InputError, Place, Problem
from troth.kinds import Kind
from troth.model import Json


class Register(Checker):
    """Rows of one register file in the target's folder; each row is a resource."""

    target_type = "register"
    options: ClassVar[Mapping[str, Any]] = {
        "folder": {
            "type": "string",
            "minLength": 1,
            "description": "folder of the registers, relative to troth.yaml",
        }
    }
    required_options = ("folder",)
    lists = ("rows",)

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield one partition, the register itself: each file fails on its own."""
        yield Partition(cls.kind.removeprefix(table.PREFIX))

    @classmethod
    def described(cls) -> Kind:
        """Return the kind, whose facts are the columns."""
        from troth.catalogue.kinds import load_kind

        return load_kind(cls.kind)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with this register's file as a whole; none if there is no file."""
        try:
            path = cls._path(target)
            if path is None:
                return []
            return validate.problems(path, cls.described(), cls._shown(target, path))
        except InputError as error:
            return list(error.problems)
        except OSError as error:
            place = Place(str(target["folder"]))
            return [validate.unreadable(error, place)]

    @call("file:read-register", actions=(), per="partition")
    def rows(self) -> Json:
        """Return the file's head, and its rows by resource id: line, facts or problems."""
        try:
            path = self._path(self.target)
            if path is None:
                raise self._no_file()
            read = table.read(path, self.described(), self._shown(self.target, path))
        except InputError as error:
            # The file was sound when it was validated: it changed since.
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, str(error.problems[0])) from error
        return {
            "exported_at": read.exported_at,
            "source": read.source,
            "rows": {row.id: _as_json(row) for row in read.rows},
        }

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the instant that the register speaks for, then every row."""
        read = self.read("rows")
        yield Listed(content_at=read["exported_at"])
        for identity in read["rows"]:
            yield Resource(id=identity, name=identity.partition("/")[2])

    @facet("row", uses=("rows",))
    def row(self, resource: Resource, rows: Any) -> Facts:
        """Return the facts of one row; malformed where a cell is not what its column wants."""
        found = rows["rows"][resource.id]
        if found["problems"]:
            first, *more = found["problems"]
            others = f" (and {len(more)} more in this row)" if more else ""
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, first + others)
        return Facts(found["facts"], raw={"place": found["place"], "source": rows["source"]})

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn a file that may not be read, or cannot be, into a failure."""
        if isinstance(error, PermissionError):
            name = Path(str(error.filename)).name
            return Failure(Reason.PERMISSION_DENIED, f"{name} may not be read", f"read {name}")
        if isinstance(error, OSError):
            return Failure(Reason.NO_DATA, f"the register cannot be read: {error.strerror}")
        return None

    @classmethod
    def _name(cls) -> str:
        return cls.kind.removeprefix(table.PREFIX)

    @classmethod
    def _path(cls, target: Mapping[str, Any]) -> Path | None:
        folder = Path(target["base_dir"]) / target["folder"]
        return table.find(folder, cls._name(), target["folder"])

    @classmethod
    def _shown(cls, target: Mapping[str, Any], path: Path) -> str:
        # As configured, not absolute: the same run on another machine says the same.
        return str(Path(target["folder"]) / path.name)

    def _no_file(self) -> ObservationFailed:
        made = Path(self.target["folder"]) / f"{self._name()}.csv"
        return ObservationFailed(
            Reason.NO_DATA, f"there is no register {self._name()}; make {made} (or .yaml)"
        )


class AccessRequests(Register):
    """Requests for accounts and access."""

    id = kind = "register.access-requests"


class AccessReviews(Register):
    """Reviews of who may do what."""

    id = kind = "register.access-reviews"


class Acknowledgements(Register):
    """Versions of documents that people acknowledged."""

    id = kind = "register.acknowledgements"


class Actions(Register):
    """Actions that follow from problems."""

    id = kind = "register.actions"


class AgreementDuties(Register):
    """Duties under agreements, and whose they are."""

    id = kind = "register.agreement-duties"


class Agreements(Register):
    """Agreements with customers."""

    id = kind = "register.agreements"


class Alerts(Register):
    """Alerts of the monitoring."""

    id = kind = "register.alerts"


class Appraisals(Register):
    """Appraisals of people's work."""

    id = kind = "register.appraisals"


class Assessments(Register):
    """Assessments of the security programme."""

    id = kind = "register.assessments"


class Assets(Register):
    """Devices, machines and other things that are kept."""

    id = kind = "register.assets"


class Attachments(Register):
    """Files that customers sent to support."""

    id = kind = "register.attachments"


class Breaches(Register):
    """Standards of agreements that were missed."""

    id = kind = "register.breaches"


class Campaigns(Register):
    """Campaigns that told users about security."""

    id = kind = "register.campaigns"


class Certificates(Register):
    """Certificates and audit reports that are held."""

    id = kind = "register.certificates"


class ChangeSteps(Register):
    """Steps of changes before their release: review, test, approval."""

    id = kind = "register.change-steps"


class ChangeTests(Register):
    """Tests of changes before their release."""

    id = kind = "register.change-tests"


class ChangeWindows(Register):
    """Times in which changes are made to systems."""

    id = kind = "register.change-windows"


class Changes(Register):
    """Changes to the service."""

    id = kind = "register.changes"


class Complaints(Register):
    """Complaints of customers."""

    id = kind = "register.complaints"


class Counts(Register):
    """Counts of devices and other assets."""

    id = kind = "register.counts"


class CriminalCases(Register):
    """Criminal cases that were come upon."""

    id = kind = "register.criminal-cases"


class CustomerRequests(Register):
    """Requests of customers."""

    id = kind = "register.customer-requests"


class Customers(Register):
    """Customers and partners that are served."""

    id = kind = "register.customers"


class DataHandlers(Register):
    """People who may see users' data."""

    id = kind = "register.data-handlers"


class DeletionRequests(Register):
    """Customers' requests to delete data."""

    id = kind = "register.deletion-requests"


class Devices(Register):
    """Devices that reach systems, as their management sees them."""

    id = kind = "register.devices"


class Disclosures(Register):
    """Data that was given to somebody else."""

    id = kind = "register.disclosures"


class Disposals(Register):
    """Media and data that were returned, destroyed or sanitised."""

    id = kind = "register.disposals"


class Drills(Register):
    """Exercises, and tests by hand."""

    id = kind = "register.drills"


class Entitlements(Register):
    """Grants that people have, with the reasons."""

    id = kind = "register.entitlements"


class Findings(Register):
    """What security tests found."""

    id = kind = "register.findings"


class IncidentGradings(Register):
    """Levels that incidents were given anew."""

    id = kind = "register.incident-gradings"


class IncidentNotices(Register):
    """Notices of incidents, as they went out."""

    id = kind = "register.incident-notices"


class IncidentUpdates(Register):
    """Status updates about incidents."""

    id = kind = "register.incident-updates"


class Incidents(Register):
    """Incidents of every type."""

    id = kind = "register.incidents"


class Inspections(Register):
    """Inspections of sites."""

    id = kind = "register.inspections"


class Insurances(Register):
    """Insurances that were taken out."""

    id = kind = "register.insurances"


class Integrations(Register):
    """Connections to third parties."""

    id = kind = "register.integrations"


class Maintenance(Register):
    """Planned stops of the service."""

    id = kind = "register.maintenance"


class MajorChanges(Register):
    """Major changes in technology or business."""

    id = kind = "register.major-changes"


class MalwareAgents(Register):
    """Devices, as the console of the malware protection sees them."""

    id = kind = "register.malware-agents"


class Moderation(Register):
    """Content that had to be removed."""

    id = kind = "register.moderation"


class Offboarding(Register):
    """What people who left had to hand back."""

    id = kind = "register.offboarding"


class PolicyReviews(Register):
    """Reviews of written policies."""

    id = kind = "register.policy-reviews"


class PolicyVersions(Register):
    """Versions of written policies."""

    id = kind = "register.policy-versions"


class PublicResources(Register):
    """Resources that are public on purpose."""

    id = kind = "register.public-resources"


class Publications(Register):
    """What was published, and who reviewed it."""

    id = kind = "register.publications"


class ReleaseScans(Register):
    """Scans of releases for harmful code."""

    id = kind = "register.release-scans"


class ReportRequests(Register):
    """Requests of customers for reports."""

    id = kind = "register.report-requests"


class RestoreTests(Register):
    """Restores from backups that were tried."""

    id = kind = "register.restore-tests"


class Risks(Register):
    """Risks that were assessed."""

    id = kind = "register.risks"


class RoleChanges(Register):
    """People who took another role, and when they lost what it ends."""

    id = kind = "register.role-changes"


class Roles(Register):
    """Roles that people hold, with their duties."""

    id = kind = "register.roles"


class ServiceLifecycle(Register):
    """Services, and when they end."""

    id = kind = "register.service-lifecycle"


class ServiceReviews(Register):
    """Reviews of what was delivered."""

    id = kind = "register.service-reviews"


class Shifts(Register):
    """Shifts of people on the roster."""

    id = kind = "register.shifts"


class Staff(Register):
    """People who work for the provider."""

    id = kind = "register.staff"


class StoragePlans(Register):
    """The storage that customers' plans promise."""

    id = kind = "register.storage-plans"


class Supervision(Register):
    """Who supervises whom."""

    id = kind = "register.supervision"


class Surveys(Register):
    """Surveys of how satisfied customers are."""

    id = kind = "register.surveys"


class Systems(Register):
    """Systems, and who is responsible for them."""

    id = kind = "register.systems"


class Terminations(Register):
    """Ends of customers' contracts, and what became of their data."""

    id = kind = "register.terminations"


class Tests(Register):
    """Security tests that were carried out."""

    id = kind = "register.tests"


class Tickets(Register):
    """Questions of customers to the support."""

    id = kind = "register.tickets"


class TrainingResults(Register):
    """Tests at the end of trainings."""

    id = kind = "register.training-results"


class Trainings(Register):
    """Trainings that people finished."""

    id = kind = "register.trainings"


class Vendors(Register):
    """Vendors and the services that they render."""

    id = kind = "register.vendors"


class Workplaces(Register):
    """The sites at which people work."""

    id = kind = "register.workplaces"


def for_kind(kind: Kind) -> type[Register]:
    """Return a checker for a register that has a kind file but no class of its own."""
    name = "".join(word.title() for word in kind.id.removeprefix(table.PREFIX).split("-"))
    described = classmethod(lambda cls: kind)
    body = {"id": kind.id, "kind": kind.id, "described": described, "__doc__": kind.title}
    return type(name, (Register,), body)


def _as_json(row: table.Row) -> dict[str, Any]:
    return {
        "place": str(row.place),
        "facts": row.facts,
        "problems": [str(problem) for problem in row.problems],
    }
