"""The role as Terraform (HCL 2) for the AWS provider."""

from __future__ import annotations

import json
from typing import Any

from troth.roles.statements import VERSION, documents

_HEAD = """\
# Read-only role of troth, for exactly the clauses that are checked.

variable "trusted_principal" {{
  description = "ARN of whoever runs troth"
  type        = string
}}

variable "external_id" {{
  description = "External id that must be given to assume the role; empty for none"
  type        = string
  default     = ""
}}

variable "role_name" {{
  type    = string
  default = "troth"
}}

resource "aws_iam_role" "troth" {{
  name = var.role_name
  assume_role_policy = jsonencode({{
    Version = "{version}"
    Statement = [merge(
      {{
        Effect    = "Allow"
        Principal = {{ AWS = var.trusted_principal }}
        Action    = "sts:AssumeRole"
      }},
      var.external_id == "" ? {{}} : {{
        Condition = {{ StringEquals = {{ "sts:ExternalId" = var.external_id }} }}
      }}
    )]
  }})
}}
"""
_POLICY = """
resource "aws_iam_policy" "reads_{number}" {{
  name   = "${{var.role_name}}-reads-{number}"
  policy = jsonencode({body})
}}

resource "aws_iam_role_policy_attachment" "reads_{number}" {{
  role       = aws_iam_role.troth.name
  policy_arn = aws_iam_policy.reads_{number}.arn
}}
"""
_TAIL = """
output "role_arn" {
  value = aws_iam_role.troth.arn
}
"""


def render(actions: list[str]) -> str:
    """Return the role, its policies and their attachments."""
    parts = [_HEAD.format(version=VERSION)]
    for number, body in enumerate(documents(actions), 1):
        parts.append(_POLICY.format(number=number, body=_literal(body)))
    return "".join([*parts, _TAIL])


def _literal(body: dict[str, Any]) -> str:
    """Return a document as HCL: JSON is an expression of it, indented as it stands."""
    return json.dumps(body, indent=2).replace("\n", "\n  ")
