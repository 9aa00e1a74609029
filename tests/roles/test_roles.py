"""The role grants what the planned reads declare, nothing else, and nothing that writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import hcl2
import pytest
import yaml
from moto import mock_aws

from troth import plugins
from troth.errors import UsageError
from troth.plan import Read
from troth.roles import Form
from troth.roles.statements import MOST, documents, size

TRUSTED = "arn:aws:iam::111122223333:role/runner"
ACTIONS = {
    action
    for checker in plugins.checkers().values()
    if checker.target_type == "aws"
    for call in checker.calls().values()
    for action in call.actions
}
PERMISSIONS = {
    permission
    for checker in plugins.checkers().values()
    if checker.target_type == "gcp"
    for call in checker.calls().values()
    for permission in call.actions
}


def read(*permissions: str, per: str = "resource", allowed: bool = True) -> Read:
    return Read("prod", "c", "main", "one:Read", per, "read", allowed, permissions, ())


def reads() -> Iterator[Read]:
    yield read(*sorted(ACTIONS))
    yield read(*sorted(PERMISSIONS))
    yield read("read /etc/passwd", "connect host:port", "run nft -j list ruleset (root)")
    yield read("s3:GetObject", allowed=False)
    yield read("sts:AssumeRole", per="run")


def granted(documents: Iterable[Any]) -> list[str]:
    """Return every action of policy documents, which allow nothing but actions on everything."""
    found = []
    for document in documents:
        assert document["Version"] == "2012-10-17"
        for statement in document["Statement"]:
            assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
            assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
            found += statement["Action"]
    return found


def test_the_policy_document_grants_exactly_what_is_declared() -> None:
    body = json.loads(Form.IAM.render(reads()))
    assert granted([body]) == sorted(ACTIONS)
    names = [statement["Sid"] for statement in body["Statement"]]
    assert len(names) == len(set(names))


def test_the_google_role_grants_exactly_what_is_declared() -> None:
    body = yaml.safe_load(Form.GCP_ROLE.render(reads()))
    assert body["includedPermissions"] == sorted(PERMISSIONS)
    assert set(body) == {"title", "description", "stage", "includedPermissions"}


@pytest.mark.parametrize("external_id", ["", "troth-7"])
def test_the_stack_makes_a_role_that_has_exactly_what_is_declared(external_id: str) -> None:
    with mock_aws():
        boto3.client("cloudformation", "eu-west-1").create_stack(
            StackName="troth",
            TemplateBody=Form.CLOUDFORMATION.render(reads()),
            Parameters=[
                {"ParameterKey": "TrustedPrincipal", "ParameterValue": TRUSTED},
                {"ParameterKey": "ExternalId", "ParameterValue": external_id},
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        iam = boto3.client("iam")
        attached = iam.list_attached_role_policies(RoleName="troth")["AttachedPolicies"]
        found = [
            iam.get_policy_version(PolicyArn=one["PolicyArn"], VersionId="v1")["PolicyVersion"]
            for one in attached
        ]
        (trust,) = iam.get_role(RoleName="troth")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert sorted(granted(one["Document"] for one in found)) == sorted(ACTIONS)
    assert trust["Principal"] == {"AWS": TRUSTED}
    wanted = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else None
    assert trust.get("Condition") == wanted


def test_the_stack_template_is_what_cloudformation_accepts(tmp_path: Path) -> None:
    from cfnlint import lint

    assert lint(Form.CLOUDFORMATION.render(reads())) == []


def test_terraform_reads_the_same_policies() -> None:
    text = Form.TERRAFORM.render(reads())
    parsed = hcl2.loads(text)
    kinds = [name.strip('"') for resource in parsed["resource"] for name in resource]
    assert kinds.count("aws_iam_role") == 1
    assert kinds.count("aws_iam_policy") == kinds.count("aws_iam_role_policy_attachment") >= 1
    bodies = [part.split(")\n}", 1)[0] for part in text.split("policy = jsonencode(")[2:]]
    assert sorted(granted(map(json.loads, bodies))) == sorted(ACTIONS)


def test_every_declared_action_exists_and_only_reads() -> None:
    """Held against AWS's own list of actions and their access levels, as parliament has it."""
    # Its package does not import without setuptools; the list beside its code is all we want.
    found = find_spec("parliament")
    assert found is not None
    assert found.origin is not None
    services = json.loads(Path(found.origin).with_name("iam_definition.json").read_text())
    levels = {
        f"{service['prefix']}:{privilege['privilege']}".lower(): privilege["access_level"]
        for service in services
        for privilege in service["privileges"]
    }
    odd = {action: levels.get(action.lower()) for action in ACTIONS
           if levels.get(action.lower()) not in ("Read", "List")}  # fmt: skip
    assert odd == {}


def test_every_google_permission_only_reads() -> None:
    verbs = {permission.rpartition(".")[2] for permission in PERMISSIONS}
    assert verbs <= {"get", "list", "getIamPolicy"}


def test_what_does_not_fit_one_managed_policy_is_cut_into_several() -> None:
    actions = sorted(f"service{number % 9}:ReadThing{number:04}" for number in range(900))
    made = documents(actions)
    assert granted(made) == actions
    assert len(made) > 1
    assert all(size(one) <= MOST for one in made)


@pytest.mark.parametrize("form", list(Form))
def test_a_plan_that_reads_no_cloud_has_no_role(form: Form) -> None:
    with pytest.raises(UsageError, match="there is no role to write"):
        form.render([read("read /etc/passwd")])
