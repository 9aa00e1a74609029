"""The account that serves the world, with its faults; see ``company.md`` of the demo's folder."""

from __future__ import annotations

import json
from typing import Any

from troth.demo import aws_account as aws
from troth.demo.aws_account import HOME, Account, tags
from troth.demo.aws_server import Refusal
from troth.demo.moments import Moments

REGION = "us-east-1"
#: What the scanner's role may not read: how one bucket is encrypted.
REFUSED: tuple[Refusal, ...] = (("GET", "/hinoki-board", "encryption"),)
#: The hour (UTC) at which nightly backups begin.
NIGHT = 3


def seed(address: str, moments: Moments, names: dict[str, str], published: int) -> Account:
    """Fill the account and return it; ``published`` is the port of the public web server."""
    account = Account(address, HOME, REGION, moments, names)
    _firewalls(account, published)
    _machines(account)
    orders = tags("production", "critical", "customer")
    aws.database(account, "orders-db", orders, moments.nights(NIGHT, 20))
    _buckets(account)
    _logs(account)
    aws.trail(account, "hinoki-trail")
    aws.person(account, "alice", 30)
    aws.person(account, "bob", 45)
    aws.robot(account, "ci", 10)
    aws.robot(account, "deploy", 200)  # fault: the key is older than 90 days
    aws.password_rules(account)
    return account


def _firewalls(account: Account, published: int) -> None:
    ec2 = account.client("ec2")
    web = ec2.create_security_group(GroupName="web", Description="HTTPS for everybody")["GroupId"]
    _let_in(ec2, web, "tcp", published)
    # fault: everything from everywhere
    old = ec2.create_security_group(GroupName="legacy-admin", Description="old")["GroupId"]
    _let_in(ec2, old, "-1", -1)
    account.name("legacy-admin", account.arn("ec2", f"security-group/{old}"))


def _let_in(ec2: Any, group: str, protocol: str, port: int) -> None:
    rule: dict[str, Any] = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    if port > 0:
        rule |= {"FromPort": port, "ToPort": port}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _machines(account: Account) -> None:
    """Make a machine of two volumes, a volume backed up too seldom, and an unencrypted one."""
    moments = account.moments
    critical = tags("production", "critical", "customer")
    root, data = _server(account, critical)
    aws.snapshots(account, root, moments.nights(NIGHT))
    aws.snapshots(account, data, moments.nights(NIGHT, 2))
    # fault: no backup in the last three nights
    reports = aws.volume(account, "reports", tags("production", "normal", "none"))
    aws.snapshots(account, reports, moments.nights(NIGHT, missed=3))
    # fault: neither the volume nor its snapshots are encrypted
    legacy = aws.volume(account, "legacy", tags("test", "normal", "none"), encrypted=False)
    aws.snapshots(account, legacy, moments.nights(NIGHT))


def _server(account: Account, given: aws.Tags) -> tuple[str, str]:
    ec2 = account.client("ec2")
    image = ec2.register_image(Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.small")
    instance = made["Instances"][0]["InstanceId"]
    # The emulator gives image and machine disks of its own, which are not encrypted.
    for each in ec2.describe_volumes()["Volumes"]:
        ec2.detach_volume(VolumeId=each["VolumeId"], InstanceId=instance)
        ec2.delete_volume(VolumeId=each["VolumeId"])
    ec2.deregister_image(ImageId=image)
    for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        ec2.delete_snapshot(SnapshotId=each["SnapshotId"])
    disks = aws.volume(account, "app-root", given), aws.volume(account, "app-data", given)
    for disk, device in zip(disks, ("/dev/sda1", "/dev/sdb"), strict=True):
        ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device=device)
    return disks


def _buckets(account: Account) -> None:
    """Make five buckets; none of them is backed up, which is a fault of its own."""
    _bucket(account, "hinoki-trail", "none", tls_only=True)
    _bucket(account, "hinoki-board", "sensitive", tls_only=True)
    _bucket(account, "hinoki-contracts", "sensitive")  # fault: plain HTTP is answered
    _bucket(account, "hinoki-pressroom", "none", public=True)  # public on purpose, listed
    _bucket(account, "hinoki-old-uploads", "none", public=True)  # fault: public, not listed


def _bucket(
    account: Account, name: str, data: str, *, tls_only: bool = False, public: bool = False
) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags("office", "normal", data)})
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    statements = [_refuse_plaintext(name)] if tls_only else []
    statements += [_open_to_everyone(name)] if public else []
    if statements:
        policy = {"Version": "2012-10-17", "Statement": statements}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    held = account.memory("s3", "aws").buckets[name]
    held.creation_date = account.moments.ago(days=500)
    account.name(name, f"arn:aws:s3:::{name}")


def _refuse_plaintext(name: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _open_to_everyone(name: str) -> dict[str, Any]:
    everything = f"arn:aws:s3:::{name}/*"
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": everything}


def _logs(account: Account) -> None:
    for name in ("/edge/access", "/app/run", "/app/activity", "/audit/all"):
        aws.log_group(account, name, keeps=400, oldest=390)
    aws.log_group(account, "/audit/security", keeps=180, oldest=170)  # fault: promised is a year
