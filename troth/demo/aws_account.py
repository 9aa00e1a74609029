"""One account of the AWS emulator, seeded with boto3; what AWS dates itself is dated back.

boto3 cannot make a backup of last week. So a thing is made over the wire, and its date is then
changed in the emulator's memory, which is in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from troth.demo.moments import Moments

#: Account of the fake credentials, by moto's rule.
HOME = "123456789012"

Tags = list[dict[str, str]]


@dataclass
class Account:
    """One account in one region, and the names that the demo gives to what is made in it."""

    address: str
    number: str
    region: str
    moments: Moments
    names: dict[str, str]
    credentials: Mapping[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        if service not in self._clients:
            import boto3

            self._clients[service] = boto3.client(
                service,
                region_name=self.region,
                endpoint_url=self.address,
                **self.credentials,
            )
        return self._clients[service]

    def memory(self, service: str, where: str = "") -> Any:
        """Return what the emulator holds of a service; ``where`` is ``aws`` for global ones."""
        from moto.backends import get_backend

        return get_backend(service)[self.number][where or self.region]  # type: ignore[call-overload]

    def name(self, word: str, resource: str) -> None:
        """Give a resource's id a name that the expectation can use."""
        self.names[resource] = word

    def arn(self, service: str, rest: str) -> str:
        """Return an ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.number}:{rest}"


def assumed(home: Account, number: str, region: str) -> Account:
    """Return another account, reached by assuming a role, as the scanner reaches it."""
    role = f"arn:aws:iam::{number}:role/troth"
    answer = home.client("sts").assume_role(RoleArn=role, RoleSessionName="seeding")
    given = answer["Credentials"]
    credentials = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    return Account(home.address, number, region, home.moments, home.names, credentials)


def tags(env: str, tier: str, data: str, role: str = "data") -> Tags:
    """Return the four tags by which the demo's classes tell resources apart."""
    pairs = {"env": env, "tier": tier, "data": data, "role": role}
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def naive(moment: datetime) -> datetime:
    """Return an instant as moto keeps most of them: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def trail(account: Account, bucket: str) -> None:
    """Make a trail that records everything but the reads and writes of objects."""
    cloudtrail = account.client("cloudtrail")
    made = cloudtrail.create_trail(
        Name="everything", S3BucketName=bucket, IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True, EnableLogFileValidation=True,
    )  # fmt: skip
    cloudtrail.put_event_selectors(
        TrailName=made["TrailARN"],
        EventSelectors=[
            {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
        ],
    )
    cloudtrail.start_logging(Name=made["TrailARN"])


def log_group(account: Account, name: str, keeps: int, oldest: int) -> None:
    """Make a log group that keeps events for ``keeps`` days, the oldest ``oldest`` days old."""
    logs = account.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=keeps)
    logs.create_log_stream(logGroupName=name, logStreamName="main")
    now = int(account.moments.now.timestamp() * 1000)
    events = [{"timestamp": now, "message": "first"}, {"timestamp": now, "message": "last"}]
    logs.put_log_events(logGroupName=name, logStreamName="main", logEvents=events)
    group = account.memory("logs").groups[name]
    group.creation_time = naive(account.moments.ago(days=500))
    first, last = group.streams["main"].events
    first.timestamp = int(account.moments.ago(days=oldest).timestamp() * 1000)
    last.timestamp = int(account.moments.ago(hours=0.2).timestamp() * 1000)
    account.name(name, account.arn("logs", f"log-group:{name}"))


def snapshots(account: Account, volume: str, started: Iterable[datetime]) -> None:
    """Make snapshots of a volume, started at these instants."""
    held = account.memory("ec2")
    held.volumes[volume].create_time = naive(account.moments.ago(days=500))
    for moment in started:
        made = account.client("ec2").create_snapshot(VolumeId=volume)
        held.snapshots[made["SnapshotId"]].start_time = naive(moment)


def volume(account: Account, name: str, given: Tags, *, encrypted: bool = True) -> str:
    """Make a volume and return its id."""
    made = account.client("ec2").create_volume(
        AvailabilityZone=f"{account.region}a", Size=8, Encrypted=encrypted,
        TagSpecifications=[{"ResourceType": "volume", "Tags": given}],
    )  # fmt: skip
    account.name(name, account.arn("ec2", f"volume/{made['VolumeId']}"))
    return str(made["VolumeId"])


def database(account: Account, name: str, given: Tags, nightly: Iterable[datetime]) -> None:
    """Make an encrypted PostgreSQL that refuses plaintext, with automated snapshots."""
    rds = account.client("rds")
    group = f"{name}-settings"
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily="postgres16", Description="TLS only"
    )
    force = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[force])
    rds.create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t4g.small",
        AllocatedStorage=20, MasterUsername="owner", MasterUserPassword="not-a-secret",
        StorageEncrypted=True, PubliclyAccessible=False, DBParameterGroupName=group, Tags=given,
    )  # fmt: skip
    held = account.memory("rds")
    held.database_snapshots.clear()  # the one that the emulator takes of a new database
    held.databases[name].created = naive(account.moments.ago(days=500))
    held.databases[name].instance_create_time = held.databases[name].created
    for moment in nightly:
        database_snapshot(account, name, moment, "automated")
    account.name(name, account.arn("rds", f"db:{name}"))


def database_snapshot(account: Account, name: str, moment: datetime, sort: str) -> None:
    """Make a snapshot of a database; ``sort`` is automated or manual."""
    title = f"{name}-{moment:%Y-%m-%d}-{sort}"
    account.client("rds").create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=title)
    made = account.memory("rds").database_snapshots[title]
    made.snapshot_type = sort
    made.created = made.original_snapshot_create_time = naive(moment)


def person(account: Account, name: str, password_age: int) -> None:
    """Make an IAM user who signs in with a password that is so many days old."""
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="not-A-secret-1")  # noqa: S106
    # The emulator's credential report gives this date as that of the password.
    held = account.memory("iam", "aws").users[name]
    held.create_date = naive(account.moments.ago(days=password_age))
    account.name(name, f"arn:aws:iam::{account.number}:user/{name}")


def robot(account: Account, name: str, key_age: int) -> None:
    """Make an IAM user with an access key that is so many days old and no password."""
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.create_access_key(UserName=name)
    (key,) = account.memory("iam", "aws").users[name].access_keys
    key.create_date = naive(account.moments.ago(days=key_age))
    account.name(name, f"arn:aws:iam::{account.number}:user/{name}")


def password_rules(account: Account) -> None:
    """Set strong passwords that expire after 90 days, and have the credential report written."""
    iam = account.client("iam")
    iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True,
        RequireUppercaseCharacters=True, RequireLowercaseCharacters=True,
        MaxPasswordAge=90, PasswordReusePrevention=24,
    )  # fmt: skip
    iam.generate_credential_report()
