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
    "service-1": ("service key", "sk-" + "proj-" + LETTERS),
    "service-2": ("service key", "sk-" + "ant-api03-" + LETTERS),
    "sendgrid": ("SendGrid key", "S" + "G." + LETTERS[:22] + "." + LETTERS),
    "shopify": ("Shopify token", "shp" + "at_" + "0a" * 16),
    "digitalocean": ("DigitalOcean token", "dop" + "_v1_" + "0a" * 32),
    "huggingface": ("Hugging Face token", "h" + "f_" + "aB" * 17),
    "docker": ("Docker token", "dckr" + "_pat_" + LETTERS[:27]),
    "grafana": ("Grafana token", "gl" + "sa_" + "aB3d" * 8 + "_0a1b2c3d"),
    "age": ("private key", "AGE-SECRET" + "-KEY-1" + "Q2" * 29),
    "putty": ("private key", "PuTTY-User" + "-Key-File-3: ssh-rsa\nVQ==\nPrivate-MAC: 0a1b"),
    "jwt-empty": ("JWT", "ey" + "JhbGciOiJub25lIn0.e30.sig"),
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
    "cookie": ("cookie", "Cookie: ", "sid=a1b2c3d4e5; x=y", "\nA: b"),
    "set-cookie": ("cookie", "Set-Cookie: ", "sid=a1b2c3d4e5; Path=/", ""),
    "cookie-second": ("cookie", "Cookie: ", "a=1; session=" + LETTERS, ""),
    "cookie-quoted": ("cookie", "curl -H 'Cookie: ", "a=1; s=abcdefgh", "' https://h/"),
    "quoted": ("password or secret", 'password="', "Summer,2026!", '" x'),
    "quoted-other": ("password or secret", "password='", 'a"b c;d', "' x"),
    "json-comma": ("password or secret", '{"password": "', r"Sum,m\"er;2026", '"}'),
    "json-letters": ("password or secret", '{"password":"', "correcthorse", '"}'),
    "unquoted": ("password or secret", "DB_PASSWORD=", "Tr0ub4dor<3horse,&;x", " y"),
    "query-semicolon": ("password or secret", "/?password=", "abcd", ";b=2"),
    "exclamation": ("password or secret", "password=", "!abcdef", ""),
    "dollar": ("password or secret", "password=", "$ecret123", ""),
    "parentheses": ("password or secret", "password=", "abc(1234)x", ""),
    "url-at": ("password in a URL", "postgres://", "u:p@ssw0rd", "@h/db"),
    "url-hash": ("password in a URL", "postgres://", "u:p@ss#w?<rd", "@h/db"),
    "digest": (
        "authorization header",
        "Authorization: Digest ",
        'username="u", nonce="n", response="ab"',
        "\nHost: x",
    ),
    "authorization-bare": ("authorization header", '"Authorization":"', LETTERS, '"'),
    "s3-v2": (
        "signed URL",
        "https://b/o?AWSAccessKeyId=x&Signature=",
        "vjbyPxybdZaNmGa%2ByT27",
        "&E=1",
    ),
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
    "no-scheme": "authorization: required for everyone; Authorization: see ISO 27001 chapter 5",
    "references": "secret=arn:aws:kms:eu:1:key/a1 encryption_key=alias/k1 "
    "token: projects/p1/secrets/x secret=/run/secrets/db1 password=vault:kv/x1 password=ssm:/a/b1",
    "algorithms": "encryption_key=AES256 encryption_key=AES-256-GCM signing_key=RS256 "
    "signing_key=ED25519-2024 private_key: ECDSA-P256",
    "states": '{"password":"expired","token":"opaque"} password=changed token=invalid',
    "letters": "password: Länge12Zeichen",
    "arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod-db1-a1b2c3",
    "hugs": "xo" + "xo-hugs-and-kisses-2026",
    "basic-course": "Basic ISO/IEC-27001-awareness",
    "ideographic": "https://policy.example.com、連絡先:ops@example.com",
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


def test_a_private_key_without_an_end_takes_everything_with_it() -> None:
    begun = PEM.format("").partition("\n")[0] + "\n" + "MIIB\n" * 9000
    assert credentials.redacted(f"a {begun}") == "a [redacted: private key]"


@pytest.mark.parametrize(
    "told",
    ["host:db-secret:/var/lib/pg1", "http://idp-token:8080/x", "a:secret:Tr0ub4dor9"],
)
def test_an_id_has_colons_of_its_own(told: str) -> None:
    assert credentials.redacted_id(told) == told
    assert credentials.find_in_id("https://u:hunter2@h/" + told)


@pytest.mark.parametrize(
    "part",
    ["password", "token: ", "secret=\\", "://a:", "://a@", "-eyJabcdefgh", "authorization: ",
     "Cookie: a", "&token=a;", ";token=a;", "SG.", "xoxo-", "\"", "token\"\"", "sk-ant-",
     "authorization:Basic ", "'cookie':'", "-----BEGIN PRIVATE KEY", "secret=arn:"],
)  # fmt: skip
def test_a_hostile_text_is_read_to_its_end(part: str) -> None:
    """Where each sign costs a look at all that follow, this does not end before the day does."""
    token = SECRETS["github"][1]
    hits = credentials.find(part * (400_000 // len(part)) + "\n " + token)
    assert hits[-1].end == 400_000 // len(part) * len(part) + 2 + len(token)


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
