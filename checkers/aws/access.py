"""Ways into an AWS account: sessions, assumed roles and clients, each made once a process.

Credentials come only from the SDK's own chain (environment, profile, container or instance role);
an assumed role starts from those. botocore is imported when the first client is made.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from troth.checkers.aws.bodies import name_broken_success, refuse_broken_body
from troth.checkers.aws.faults import counter_of

#: Seconds to wait for a connection, and for each read from it.
CONNECT_SECONDS = 5
READ_SECONDS = 20
#: How often one call is tried in all, with the SDK's exponential backoff in between.
ATTEMPTS = 4
#: Connections kept per client: as many as threads can fill one processor core.
POOL = 32

_lock = threading.RLock()
_ways: dict[Door, Access] = {}
_calling = threading.local()


@dataclass(frozen=True)
class Door:
    """Everything of a target's configuration that decides how its clients are made."""

    target: str
    home: str
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    timeout_seconds: float = READ_SECONDS
    max_attempts: int = ATTEMPTS

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> Door:
        """Return the door that a target's entry in troth.yaml describes."""
        given = {
            name: target[name]
            for name in ("profile", "role_arn", "external_id", "endpoint_url")
            if target.get(name)
        }
        numbers = {
            name: target[name] for name in ("timeout_seconds", "max_attempts") if name in target
        }
        return cls(str(target["id"]), str(target["regions"][0]), **given, **numbers)


class Access:
    """One way into one account: a session, its clients, and what is known about the account.

    Safe to use from several threads; making a client is serialised because the SDK's sessions
    are not thread-safe, clients are.
    """

    def __init__(self, door: Door) -> None:
        """Keep the door; nothing is read until the first client is asked for."""
        self.door = door
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = None
        self._remembered: dict[str, Any] = {}
        self._lock = threading.RLock()
        # Apart from the other, so that one slow answer does not keep threads from their clients.
        self._asking = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """Return the client of one service in one region; the same object every time."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made(service, region)
            return self._clients[service, region]

    def remember(self, name: str, ask: Callable[[], Any]) -> Any:
        """Return what ``ask`` answered the first time; an exception is not remembered."""
        with self._asking:
            if name not in self._remembered:
                self._remembered[name] = ask()
            return self._remembered[name]

    def close(self) -> None:
        """Close every connection; the access can be used again afterwards."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _made(self, service: str, region: str) -> Any:
        from boto3.session import Session

        if self._session is None:
            self._session = Session(botocore_session=_session_for(self.door))
        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self.door.endpoint_url or None,
            config=_config(self.door),
        )
        if self.door.endpoint_url:
            client.meta.events.register("before-call.s3-control", _without_account)
        client.meta.events.register("before-parse", refuse_broken_body)
        client.meta.events.register("response-received", name_broken_success)
        client.meta.events.register("response-received", counter_of(_throttled))
        return client


def access_to(target: Mapping[str, Any]) -> Access:
    """Return the one access of this process to a target."""
    door = Door.of(target)
    with _lock:
        return _ways.setdefault(door, Access(door))


def close_all() -> None:
    """Close the connections of every access and forget them."""
    with _lock:
        for access in _ways.values():
            access.close()
        _ways.clear()


def counting(throttled: Callable[[], None]) -> None:
    """Let ``throttled`` be called for each throttling that this thread meets from now on.

    Clients are shared by checkers, so who is counted is a matter of the thread that calls.
    """
    _calling.throttled = throttled


def _throttled() -> None:
    report = getattr(_calling, "throttled", None)
    if report is not None:
        report()


def _without_account(params: dict[str, Any], **_: Any) -> None:
    """Take the account id off the host name of S3 Control: an emulator has only one host."""
    params["url"] = re.sub(r"//[0-9]{12}\.", "//", params["url"])


def _config(door: Door, **more: Any) -> Any:
    from botocore.config import Config  # type: ignore[import-untyped]

    return Config(
        connect_timeout=min(CONNECT_SECONDS, door.timeout_seconds),
        read_timeout=door.timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": door.max_attempts},
        max_pool_connections=POOL,
        # One host for all buckets: virtual-hosted buckets cost a connection each.
        s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
        # Otherwise the host depends on the account that the credentials turn out to belong to.
        account_id_endpoint_mode="disabled",
        user_agent_extra="troth",
        **more,
    )


@functools.cache
def _loader() -> Any:
    """Return the loader of service models that every session shares: they are large."""
    from botocore.loaders import Loader  # type: ignore[import-untyped]

    return Loader()


def _plain_session(door: Door) -> Any:
    from botocore.session import Session  # type: ignore[import-untyped]

    session = Session(profile=door.profile or None)
    session.register_component("data_loader", _loader())
    session.set_config_variable("region", door.home)
    return session


def _session_for(door: Door) -> Any:
    session = _plain_session(door)
    if door.role_arn:
        from botocore.credentials import CredentialResolver  # type: ignore[import-untyped]

        outer = _plain_session(door)
        session.register_component("credential_provider", CredentialResolver([_Role(door, outer)]))
    return session


class _Role:
    """A credential provider, as botocore's sessions want one, for one role to assume."""

    METHOD = "troth-assume-role"
    CANONICAL_NAME = None

    def __init__(self, door: Door, outer: Any) -> None:
        self._door = door
        self._outer = outer

    def load(self) -> Any:
        """Return credentials that assume the role on first use and again before they expire."""
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
        from botocore.exceptions import NoCredentialsError  # type: ignore[import-untyped]

        source = self._outer.get_credentials()
        if source is None:
            raise NoCredentialsError
        extra = {"RoleSessionName": "troth"}
        if self._door.external_id:
            extra["ExternalId"] = self._door.external_id
        fetcher = AssumeRoleCredentialFetcher(
            self._client, source, self._door.role_arn, extra_args=extra
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    def _client(self, service: str, **credentials: Any) -> Any:
        return self._outer.create_client(
            service,
            region_name=self._door.home,
            endpoint_url=self._door.endpoint_url or None,
            config=_config(self._door),
            **credentials,
        )


def host_of(door: Door, service: str, region: str) -> str:
    """Return the ``host:port`` that a service's client connects to; nothing is connected."""
    address = urlsplit(door.endpoint_url or _endpoint(door.profile, service, region))
    port = address.port or (80 if address.scheme == "http" else 443)
    return f"{address.hostname}:{port}"


@functools.cache
def _endpoint(profile: str, service: str, region: str) -> str:
    """Return the URL that botocore's own endpoint rules give, also if a profile overrides them."""
    from botocore import UNSIGNED  # type: ignore[import-untyped]
    from botocore.exceptions import ProfileNotFound

    door = Door(target="", home=region, profile=profile)
    with _lock:
        session = _plain_session(door)
        try:
            client = session.create_client(
                service, region_name=region, config=_config(door, signature_version=UNSIGNED)
            )
        except ProfileNotFound:
            # The run will say so of every call; the plan still tells where they would go.
            known = session.get_component("endpoint_resolver").construct_endpoint(service, region)
            return f"https://{known['hostname']}" if known else ""
    try:
        return str(client.meta.endpoint_url)
    finally:
        client.close()


@functools.cache
def regions_of(service: str, near: str) -> tuple[str, ...]:
    """Return the regions of a service in the same AWS partition (aws, aws-cn, …) as ``near``."""
    session = _plain_session(Door(target="", home=near))
    with _lock:
        partition = session.get_partition_for_region(near)
        return tuple(session.get_available_regions(service, partition))
