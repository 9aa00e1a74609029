"""The account of the service in Japan, in Tokyo and reached through a role."""

from __future__ import annotations

from troth.demo import aws_account as aws
from troth.demo.aws_account import Account, naive, tags

NUMBER, REGION = "222222222222", "ap-northeast-1"
#: 04:00 in Japan, in UTC of the day before.
FOUR_IN_TOKYO = 19


def seed(home: Account) -> Account:
    """Fill the account and return it; ``home`` may assume its role."""
    account = aws.assumed(home, NUMBER, REGION)
    moments = account.moments
    nightly = moments.nights(FOUR_IN_TOKYO)
    given = tags("production", "critical", "personal")
    aws.database(account, "receipts-db", given, nightly)
    # fault: a copy made by hand, 100 days old, that nobody deleted
    aws.database_snapshot(account, "receipts-db", moments.ago(days=100), "manual")
    # fault: backed up every day, but at 11:00 Japan time
    search = aws.volume(account, "search-index", given)
    aws.snapshots(account, search, moments.nights(2))
    _statistics(account)
    for name in ("/receico/access", "/receico/operation", "/receico/error", "/receico/login"):
        aws.log_group(account, name, keeps=90, oldest=80)
    _trail(account)
    aws.person(account, "rin", 20)
    aws.person(account, "sora", 60)
    aws.password_rules(account)
    return account


def _statistics(account: Account) -> None:
    """Make a table that AWS Backup copies at the promised time."""
    table, dynamodb = "usage-statistics", account.client("dynamodb")
    key = "month"
    dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        Tags=tags("production", "normal", "none"),
    )  # fmt: skip
    held = account.memory("dynamodb")
    held.tables[table].created_at = naive(account.moments.ago(days=500))
    for moment in account.moments.nights(FOUR_IN_TOKYO):
        made = dynamodb.create_backup(TableName=table, BackupName=f"{moment:%Y-%m-%d}")
        backup = held.backups[made["BackupDetails"]["BackupArn"]]
        backup.type, backup.creation_date_time = "AWS_BACKUP", naive(moment)
    account.name(table, account.arn("dynamodb", f"table/{table}"))


def _trail(account: Account) -> None:
    """Make a trail whose bucket is another account's, as it should be.

    The emulator wants to see the bucket in the same account when the trail is made.
    """
    s3, where = account.client("s3"), {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="hinoki-trails-tokyo", CreateBucketConfiguration=where)
    aws.trail(account, "hinoki-trails-tokyo")
    s3.delete_bucket(Bucket="hinoki-trails-tokyo")
