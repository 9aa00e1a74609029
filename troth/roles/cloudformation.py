"""The role as a CloudFormation template, for a stack or for the stack set of an organization."""

from __future__ import annotations

import json
from typing import Any

from troth.roles.statements import VERSION, documents

_EXTERNAL = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}


def render(actions: list[str]) -> str:
    """Return a template with the role and its managed policies, as JSON."""
    policies = {f"Reads{number}": _policy(body)
                for number, body in enumerate(documents(actions), 1)}  # fmt: skip
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Read-only role of troth, for exactly the clauses that are checked",
        "Parameters": {
            "TrustedPrincipal": {
                "Type": "String",
                "Description": "ARN of whoever runs troth",
                "AllowedPattern": "arn:.+",
            },
            "ExternalId": {
                "Type": "String",
                "Default": "",
                "Description": "External id that must be given to assume the role; empty for none",
            },
            "RoleName": {"Type": "String", "Default": "troth"},
        },
        "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}},
        "Resources": {"Role": _role(), **policies},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
    return json.dumps(template, indent=2) + "\n"


def _role() -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "TrustedPrincipal"}},
        "Action": "sts:AssumeRole",
        "Condition": {"Fn::If": ["HasExternalId", _EXTERNAL, {"Ref": "AWS::NoValue"}]},
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Ref": "RoleName"},
            "AssumeRolePolicyDocument": {"Version": VERSION, "Statement": [trust]},
        },
    }


def _policy(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": body, "Roles": [{"Ref": "Role"}]},
    }
