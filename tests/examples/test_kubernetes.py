"""The CronJob's manifest has no field that Kubernetes lacks, is shut in, and its arguments run.

``FIELDS`` is written by hand from the API reference of batch/v1 and v1 (1.31 and later), as far as
the example uses it; no API server is asked.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.examples.estate import ENDS, bare, documents, furnish
from tests.house.tree import TROTH
from troth import config, plugins

#: What an object of the API may hold, as far as it is used: field → type. ``[X]`` is a list of X,
#: ``{}`` a map of text, a set the values that are allowed.
FIELDS: dict[str, dict[str, Any]] = {
    "ConfigMap": {"apiVersion": {"v1"}, "kind": str, "metadata": "Meta", "data": {}},
    "PersistentVolumeClaim": {
        "apiVersion": {"v1"}, "kind": str, "metadata": "Meta", "spec": "Claim",
    },
    "Claim": {"accessModes": [{"ReadWriteOnce", "ReadWriteMany"}], "resources": "Resources"},
    "CronJob": {"apiVersion": {"batch/v1"}, "kind": str, "metadata": "Meta", "spec": "Cron"},
    "Meta": {"name": str, "labels": {}},
    "Cron": {
        "schedule": str, "timeZone": str, "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
        "startingDeadlineSeconds": int, "successfulJobsHistoryLimit": int,
        "failedJobsHistoryLimit": int, "jobTemplate": "JobTemplate",
    },
    "JobTemplate": {"metadata": "Meta", "spec": "Job"},
    "Job": {
        "activeDeadlineSeconds": int, "backoffLimit": int, "podFailurePolicy": "FailurePolicy",
        "template": "PodTemplate",
    },
    "FailurePolicy": {"rules": ["FailureRule"]},
    "FailureRule": {
        "action": {"Ignore", "FailJob", "Count", "FailIndex"}, "onPodConditions": ["Condition"],
        "onExitCodes": "ExitCodes",
    },
    "Condition": {"type": {"DisruptionTarget"}, "status": {"True"}},
    "ExitCodes": {"containerName": str, "operator": {"In", "NotIn"}, "values": [int]},
    "PodTemplate": {"metadata": "Meta", "spec": "Pod"},
    "Pod": {
        "restartPolicy": {"Never", "OnFailure"}, "terminationGracePeriodSeconds": int,
        "hostname": str,
        "automountServiceAccountToken": bool, "enableServiceLinks": bool,
        "securityContext": "PodSecurity", "containers": ["Container"], "volumes": ["Volume"],
    },
    "PodSecurity": {
        "runAsNonRoot": bool, "runAsUser": int, "runAsGroup": int, "fsGroup": int,
        "fsGroupChangePolicy": {"OnRootMismatch", "Always"}, "seccompProfile": "Seccomp",
    },
    "Seccomp": {"type": {"RuntimeDefault"}},
    "Container": {
        "name": str, "image": str, "args": [str], "envFrom": ["EnvFrom"],
        "securityContext": "Security", "resources": "Resources", "volumeMounts": ["Mount"],
    },
    "EnvFrom": {"secretRef": "SecretRef"},
    "SecretRef": {"name": str, "optional": bool},
    "Security": {
        "allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool, "capabilities": "Caps",
    },
    "Caps": {"drop": [{"ALL"}]},
    "Resources": {"requests": {}, "limits": {}},
    "Mount": {"name": str, "mountPath": str, "readOnly": bool},
    "Volume": {
        "name": str, "configMap": "Named", "persistentVolumeClaim": "ClaimRef",
        "emptyDir": "EmptyDir",
    },
    "Named": {"name": str},
    "ClaimRef": {"claimName": str},
    "EmptyDir": {"sizeLimit": str},
}  # fmt: skip

ALL = {one["kind"]: one for one in documents("kubernetes/cronjob.yaml")}
CRON = ALL["CronJob"]["spec"]
JOB = CRON["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]


def _wrong(value: Any, form: Any, where: str) -> list[str]:
    """Return where a value is not of a form of :data:`FIELDS`."""
    if isinstance(form, str):
        if not isinstance(value, dict):
            return [where]
        allowed = FIELDS[form]
        unknown = [f"{where}.{name}" for name in value.keys() - allowed.keys()]
        below = [(value[name], allowed[name], name) for name in value if name in allowed]
        return unknown + [
            one for inner, kind, name in below for one in _wrong(inner, kind, f"{where}.{name}")
        ]
    if isinstance(form, list):
        items = value if isinstance(value, list) else [None]
        return [one for item in items for one in _wrong(item, form[0], f"{where}[]")]
    if isinstance(form, set):
        return [] if value in form else [where]
    if isinstance(form, dict):
        fine = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return [] if fine else [where]
    return [] if type(value) is form else [where]


@pytest.mark.parametrize("kind", ALL)
def test_kubernetes_knows_every_field(kind: str) -> None:
    assert _wrong(ALL[kind], kind, kind) == []


def test_an_unknown_field_or_value_would_be_found() -> None:
    wrong = CRON | {"concurencyPolicy": "Forbid", "timeZone": 1, "concurrencyPolicy": "No"}
    found = _wrong(wrong, "Cron", "spec")
    assert sorted(found) == ["spec.concurencyPolicy", "spec.concurrencyPolicy", "spec.timeZone"]


def test_one_run_at_a_time_and_no_second_try() -> None:
    assert CRON["concurrencyPolicy"] == "Forbid"
    assert (JOB["backoffLimit"], POD["restartPolicy"]) == (0, "Never")
    drained, ended = JOB["podFailurePolicy"]["rules"]
    assert drained["action"] == "Ignore"  # looked at first: the first rule that fits decides
    assert drained["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert ended["action"] == "FailJob"
    assert ended["onExitCodes"] == {
        "containerName": CONTAINER["name"], "operator": "NotIn", "values": [0],
    }  # fmt: skip


def test_kubernetes_waits_longer_than_troth_looks() -> None:
    limit = CONTAINER["args"][CONTAINER["args"].index("--max-time") + 1]
    assert JOB["activeDeadlineSeconds"] > int(re.fullmatch(r"PT(\d+)H", limit)[1]) * 3600  # type: ignore[index]
    assert CRON["startingDeadlineSeconds"] < 86_400
    assert POD["terminationGracePeriodSeconds"] >= 60


def test_the_pod_may_do_nothing_but_what_it_needs() -> None:
    security = CONTAINER["securityContext"]
    assert security == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["automountServiceAccountToken"] is False
    assert {"cpu", "memory"} == set(CONTAINER["resources"]["requests"])
    assert set(CONTAINER["resources"]["limits"]) == {"memory"}


def test_the_user_is_that_of_the_image() -> None:
    from tests.examples.image import STEPS

    (user,) = [step.text for step in STEPS if step.word == "USER"]
    security = POD["securityContext"]
    assert user == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert security["fsGroup"] == security["runAsGroup"]


def test_every_volume_is_there_and_mounted() -> None:
    mounted = {mount["name"]: mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
    assert mounted == {"config": "/config", "state": "/state", "tmp": "/tmp"}  # noqa: S108
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    assert mounted.keys() == volumes.keys()
    assert volumes["config"]["configMap"]["name"] == ALL["ConfigMap"]["metadata"]["name"]
    claim = ALL["PersistentVolumeClaim"]["metadata"]["name"]
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == claim


def test_its_configuration_is_one(tmp_path: Path) -> None:
    (tmp_path / "troth.yaml").write_text(ALL["ConfigMap"]["data"]["troth.yaml"], encoding="utf-8")
    loaded = config.load(tmp_path / "troth.yaml", plugins.checkers())
    assert loaded.runs == Path("/state/runs")
    assert loaded.history
    assert loaded.history.url.endswith("/state/history.db")


@pytest.mark.parametrize("state", ENDS)
def test_its_arguments_run(tmp_path: Path, state: str) -> None:
    runs = tmp_path / "state" / "runs"
    furnish(tmp_path / "config", state, more=f"runs: {runs}\n")
    (tmp_path / "state").mkdir()
    argv = [re.sub(r"^(?=/config/)", str(tmp_path), word) for word in CONTAINER["args"]]
    ran = subprocess.run(
        [TROTH, *argv], cwd=tmp_path / "state", env=bare(), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == ENDS[state], ran.stderr
    assert [path for path in runs.iterdir() if path.is_dir()]
