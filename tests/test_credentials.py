"""Credentials are told by their forms, and talk about them is left alone.

The examples are put together here, so that no tool takes this file for a leak. Forms: AWS "IAM
identifiers", Google "API keys", GitHub "token formats", GitLab "token overview", Slack "token
types", RFC 7519 (JWT), RFC 7468 (PEM), RFC 3986 section 3.2.1 (userinfo), RFC 9110 (authorization).
"""

from __future__ import annotations

import pytest

from troth import credentials
from troth.shipped import FOLDER

LETTERS = "Q7wErTyUiOpAsDfGhJkLzXcVbNm1234567890abc"
PEM = "-----BEGIN {0}PRIVATE " + "KEY-----\nMIIB\nVQ==\n-----END {0}PRIVATE " + "KEY-----"

SECRETS = {
    "pem": ("private key", PEM.format("")),
    "pem-rsa": ("private key", PEM.format("RSA ")),
    "pgp": ("private key", PEM.format("PGP ").replace("KEY-", "KEY BLOCK-")),
    "aws": ("AWS access key", "AK" + "IA" + "Z" * 16),
    "aws-session": ("AWS access key", "AS" + "IA" + "Q2" * 8),
    "google": ("Google key", "AI" + "za" + LETTERS[:35]),
    "google-token": ("Google token", "ya" + "29." + LETTERS),
    "github": ("GitHub token", "gh" + "p_" + LETTERS[:36]),
    "github-fine": ("GitHub token", "github" + "_pat_" + LETTERS[:30]),
    "gitlab": ("GitLab token", "gl" + "pat-" + LETTERS[:20]),
    "slack": ("Slack token", "xo" + "xb-1234567890-" + LETTERS[:24]),
    "npm": ("npm token", "np" + "m_" + LETTERS[:36]),
    "stripe": ("Stripe key", "sk" + "_live_" + LETTERS[:24]),
    "vault": ("Vault token", "hv" + "s." + LETTERS),
    "jwt": ("JWT", "ey" + "JhbGciOiJub25lIn0.ey" + "JzdWIiOiIxIn0x.sig"),
}

#: Around what must not be seen: what stands before and behind it, and what it is then.
AROUND = {
    "url": ("password in a URL", "see https://", "user:hunter", "@db.example/x"),
    "url-of-a-database": ("password in a URL", "postgres://", "u:p", "@h/d"),
    "url-with-token": ("token in a URL", "https://", LETTERS, "@git.example/x"),
    "signed-url": ("signed URL", "https://b/o?X-Amz-Signature=", "ab12" * 16, "&x=1"),
    "slack-hook": ("Slack web hook", "https://hooks.slack.com/services/", "T0/B0/" + "x" * 24, ""),
    "basic": ("authorization header", "Authorization: Basic ", "dXNlcjpwYXNz", ""),
    "authorization-json": ("authorization header", '{"Authorization": "Bearer ', "abc.def", '"}'),
    "bearer": ("bearer token", "curl -H Bearer ", LETTERS, ""),
    "cookie": ("cookie", "Cookie: sid=", "a1b2c3d4e5", "; x=y"),
    "set-cookie": ("cookie", "Set-Cookie: sid=", "a1b2c3d4e5", "; Path=/"),
    "query": ("password or secret", "GET /?a=1&token=", "abcd", "&b=2"),
    "pair": ("password or secret", "db_password=", "hunter2", " host=x"),
    "digits": ("password or secret", "pwd=", "123456", ""),
    "yaml": ("password or secret", "password: ", "Tr0ub4dor", ""),
    "json": ("password or secret", '{"client_secret":"', "a1b2c3d4", '"}'),
    "json-in-json": ("password or secret", r'"{\"apiKey\": \"', "a1b2c3d4", r'\"}"'),
    "aws-pair": ("password or secret", "aws_secret_access_key = ", LETTERS, ""),
    "azure": ("password or secret", "AccountName=x;AccountKey=", "abcdEFGH12==", ";y=z"),
}

HARMLESS = {
    "rule": 'facts.password.state == "locked" && facts.password.changed_at != null',
    "prose": "The password: at least twelve characters. A secret is kept secret, tokens expire.",
    "settings": "PASS_MAX_DAYS=90 PasswordAuthentication no password=required token=null",
    "template": "https://${USER}:${PASSWORD}@host password=$PASSWORD secret=<secret> token={{ t }}",
    "masked": "password=******** token=xxxxxxxx https://u:***@h",
    "dates": '"password": "2026-10-01T08:00:00+00:00", secret: P90D',
    "digests": "sha256:" + "ab" * 32 + " token: sha256:" + "12" * 32,
    "public-pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "public-key": "-----BEGIN PUBLIC KEY-----",
    "base64": "x" * 30 + "AK" + "IA" + "Z" * 16 + "x" * 30,
    "challenge": 'WWW-Authenticate: Basic realm="the administration of the site"',
    "git": "ssh://git@host.example/x https://host:8443/a@b",
    "shown": "password=[redacted: password or secret]",
    "json": '{"access_keys":{"items":[{"id":"…7KQ2"}]},"password":{"state":"set"},"token":"none"}',
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_form_is_known_anywhere(name: str) -> None:
    what, secret = SECRETS[name]
    around = ("", ""), ("a ", " b"), ('{"x":"', '"}'), ("l1\n", "\nl3"), ("=", ","), ("/a/", "/")
    for before, behind in around:
        said = credentials.redacted(f"{before}{secret}{behind}")
        assert said == f"{before}[redacted: {what}]{behind}"


@pytest.mark.parametrize("name", AROUND)
def test_what_stands_around_a_credential_stays(name: str) -> None:
    what, before, secret, behind = AROUND[name]
    assert credentials.redacted(before + secret + behind) == f"{before}[redacted: {what}]{behind}"


@pytest.mark.parametrize("name", HARMLESS)
def test_talk_of_credentials_is_left_alone(name: str) -> None:
    assert credentials.find(HARMLESS[name]) == []
    assert credentials.redacted(HARMLESS[name]) == HARMLESS[name]


def test_a_private_key_that_was_cut_off_takes_the_rest_with_it() -> None:
    assert credentials.redacted("a " + PEM.format("OPENSSH ")[:45]) == "a [redacted: private key]"


def test_what_overlaps_is_replaced_once_and_wholly() -> None:
    token = SECRETS["github"][1]
    said = credentials.redacted(f"token={token} and {SECRETS['aws'][1]}.")
    assert said.count("[redacted:") == 2
    assert token not in said
    assert said.endswith("and [redacted: AWS access key].")


def test_redacting_twice_changes_nothing_more() -> None:
    for _, before, secret, behind in AROUND.values():
        once = credentials.redacted(before + secret + behind)
        assert credentials.redacted(once) == once


def test_no_shipped_file_gives_a_false_alarm() -> None:
    folders = [(FOLDER / name).resolve() for name in ("kinds", "controls", "policies")]
    files = [path for folder in folders for path in folder.rglob("*.yaml")]
    assert len(files) > 100
    alarms = [(path.name, credentials.find(path.read_text())) for path in files]
    assert [alarm for alarm in alarms if alarm[1]] == []


@pytest.mark.parametrize("key", ["password", "db_password", "dbPassword", "X-Api-Key", "Cookie"])
def test_a_name_tells_that_its_value_is_one(key: str) -> None:
    assert credentials.is_named(key, "correct horse")
    assert not credentials.is_named(key, "none")


@pytest.mark.parametrize(
    "key", ["password_policy", "key", "kms_key", "PASS_MAX_DAYS", "tokens_kept"]
)
def test_other_names_tell_nothing(key: str) -> None:
    assert not credentials.is_named(key, "correct horse")
