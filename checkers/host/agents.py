"""Programs that guard a machine: where they are installed, and how they show among processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Agent:
    """A product, the commands of its processes as ``ps`` has them, and where it is installed.

    A process counts only if it belongs to root or to one of ``users``: anybody may give a process
    of their own any name.
    """

    name: str
    processes: tuple[str, ...]
    paths: tuple[str, ...]
    users: tuple[str, ...] = ()


#: Products against malware. Names and paths of those that are sold are from their manuals.
MALWARE = (
    Agent("ClamAV", ("clamd",), ("/usr/sbin/clamd", "/usr/bin/clamscan", "/usr/bin/clamdscan"),
          ("clamav", "clamscan", "clamilt", "clamd")),
    Agent("CrowdStrike Falcon", ("falcon-sensor", "falcon-sensor-bpf"), ("/opt/CrowdStrike",)),
    Agent("ESET", ("oaeventd",), ("/opt/eset",)),
    Agent("Microsoft Defender", ("wdavdaemon",), ("/opt/microsoft/mdatp",), ("mdatp",)),
    Agent("SentinelOne", ("s1-agent",), ("/opt/sentinelone",), ("sentinelone",)),
    Agent("Sophos", ("sophos_threat_detector",), ("/opt/sophos-spl",),
          ("sophos-spl-threat-detector",)),
    Agent("Trend Micro", ("ds_agent",), ("/opt/ds_agent",)),
)  # fmt: skip
#: What detects intruders, and on what: the traffic of a network, or what happens on the machine.
#: Names and paths are from their manuals.
INTRUSION = (
    (Agent("Suricata", ("suricata", "Suricata-Main"), ("/usr/bin/suricata", "/usr/sbin/suricata"),
           ("suricata",)), "network"),
    (Agent("Snort", ("snort", "snort3"), ("/usr/sbin/snort", "/usr/bin/snort"), ("snort",)),
     "network"),
    (Agent("Zeek", ("zeek",), ("/usr/bin/zeek", "/opt/zeek/bin/zeek"), ("zeek",)), "network"),
    (Agent("Wazuh", ("wazuh-agentd", "wazuh-analysisd"),
           ("/var/ossec/bin/wazuh-agentd", "/var/ossec/bin/wazuh-analysisd"), ("wazuh",)), "host"),
    (Agent("OSSEC", ("ossec-agentd", "ossec-analysisd"),
           ("/var/ossec/bin/ossec-agentd", "/var/ossec/bin/ossec-analysisd"), ("ossec",)), "host"),
    (Agent("Falco", ("falco",), ("/usr/bin/falco",)), "host"),
    (Agent("auditd", ("auditd",), ("/usr/sbin/auditd", "/sbin/auditd")), "log"),
)  # fmt: skip
#: How much of a command the kernel keeps, and of a user's name ps(1) shows.
_COMMAND, _USER = 15, 7


def processes(text: str) -> list[list[str]]:
    """Return user and command of each line of ``ps -eo pid=,user=,comm=``.

    Raises :class:`PermissionError` if process 1 is not among them: then others are hidden as well.
    """
    rows = [line.split(None, 2) for line in text.splitlines()]
    found = [row for row in rows if len(row) == 3 and row[0].isdigit()]
    if not any(row[0] == "1" for row in found):
        raise PermissionError("processes of others")
    return [[row[1], row[2].strip()] for row in found]


def runs(agent: Agent, listed: Iterable[Iterable[str]]) -> bool:
    """Tell whether a process of a product is among the user and command of each process."""
    commands = {name[:_COMMAND] for name in agent.processes}
    users = {name[:_USER] for name in ("root", *agent.users)}
    return any(user.rstrip("+")[:_USER] in users and command[:_COMMAND] in commands
               for user, command in listed)  # fmt: skip


def installed(agents: Iterable[Agent], exists: Callable[[str], bool]) -> list[str]:
    """Return the names of the products that lie on the machine."""
    return [agent.name for agent in agents if any(exists(path) for path in agent.paths)]
