"""What watches a machine for intruders: its sensors, their rules, and what they last saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from troth.checker import Listed, Resource, call, complete, facet
from troth.checkers.host import agents, sensors
from troth.checkers.host.processes import Processes

#: Files of rules by product; the newest counts.
_RULES = {
    "Suricata": ("/var/lib/suricata/rules/*.rules", "/etc/suricata/rules/*.rules"),
    "Snort": ("/etc/snort/rules/*.rules",),
    "Falco": ("/etc/falco/*rules*.yaml",),
    "OSSEC": ("/var/ossec/rules/*.xml",),
}
#: Logs of events by product: patterns, and how they are read.
_EVENTS = {
    "Suricata": ("/var/log/suricata/eve.json", sensors.newest_json),
    "Wazuh": ("/var/ossec/logs/alerts/alerts.json", sensors.newest_json),
    "OSSEC": ("/var/ossec/logs/alerts/alerts.json", sensors.newest_json),
    "Zeek": ("/var/log/zeek/current/conn.log", sensors.newest_zeek),
}
_AGENT_STATES = ("/var/ossec/var/run/wazuh-agentd.state", "/var/ossec/var/run/ossec-agentd.state")
#: How much of the end of a log is read, in bytes.
TAIL = 1 << 18


class Intrusion(Processes):
    """One resource: what watches the machine."""

    id = "host.intrusion"
    kind = "intrusion-sensor"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "installed_sensors": ("intrusion",),
        "sensor_rules": ("intrusion",),
        "sensor_events": ("intrusion",),
        "agent_answers": ("intrusion",),
    }

    @call("file:/usr/sbin, /opt, /var/ossec", actions=["look into /opt and /var/ossec (root)"],
          per="partition")  # fmt: skip
    def installed_sensors(self) -> list[str]:
        """Return which sensors are installed."""
        return agents.installed((agent for agent, _ in agents.INTRUSION), self.tree.exists)

    @call("file:rules of sensors", actions=["read the rules of sensors (root)"], per="partition")
    def sensor_rules(self) -> dict[str, str | None]:
        """Return when the newest file of rules was written, by product."""
        found: dict[str, str | None] = {}
        for product, patterns in _RULES.items():
            paths = [path for pattern in patterns for path in self.tree.glob(pattern)]
            times = [
                self.tree.stat(path).st_mtime for path in paths if self.tree.stat(path).st_size
            ]
            if times:
                found[product] = _stamp(datetime.fromtimestamp(int(max(times)), UTC))
        return found

    @call("file:logs of sensors", actions=["read the logs of sensors (root)"], per="partition")
    def sensor_events(self) -> dict[str, str | None]:
        """Return when the newest event of each log was, None for a log without one."""
        found: dict[str, str | None] = {}
        for product, (path, newest) in _EVENTS.items():
            if self.tree.exists(path):
                text = self.tree.read(path, TAIL, -TAIL).decode("utf-8", "replace")
                found[product] = _stamp(newest(text))
        return found

    @call("file:wazuh-agentd.state", actions=["read /var/ossec/var/run (root)"], per="partition")
    def agent_answers(self) -> str | None:
        """Return when the manager last answered the agent; None without an agent or an answer."""
        for path in _AGENT_STATES:
            if self.tree.exists(path):
                return _stamp(sensors.last_answer(self.tree.text(path), self.local_zone()))
        return None

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's one place to watch."""
        name = self.read("machine_name")
        yield Resource(self.own_id("intrusion"), name, self.partition.name)

    @facet(
        "watch",
        uses=[
            "installed_sensors",
            "process_list",
            "sensor_rules",
            "sensor_events",
            "agent_answers",
        ],
    )
    def watch(
        self, place: Resource, names: list[str], listed: Any, rules: Mapping[str, Any],
        events: Mapping[str, Any], answered: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Return every sensor that is installed; what could not be seen of one is left out."""
        found = []
        for agent, watches in agents.INTRUSION:
            if agent.name in names:
                facts = _rules(agent.name, rules, answered) | _events(agent.name, events, answered)
                if listed:
                    facts["state"] = "running" if agents.runs(agent, listed) else "stopped"
                found.append({"product": agent.name, "watches": watches, **facts})
        return {"sensors": complete(found)}


def _rules(product: str, rules: Mapping[str, Any], answered: Any) -> dict[str, Any]:
    """Return when rules changed; an agent that has a manager gets them from there."""
    if product == "Wazuh" or (product == "OSSEC" and answered):
        return {"rules_managed": True}
    if product in _RULES:
        return {"rules_managed": False, "rules_at": rules.get(product)}
    return {"rules_managed": False}


def _events(product: str, events: Mapping[str, Any], answered: Any) -> dict[str, Any]:
    told = [events[product]] if product in events else []
    told += [answered] if answered and product in ("Wazuh", "OSSEC") else []
    if not told:
        return {}
    newest = max((each for each in told if each), default=None)
    return {} if newest and _is_to_come(newest) else {"newest_event_at": newest}


def _is_to_come(stamp: str) -> bool:
    """Tell whether an instant lies more than an hour after now, by the clock of this machine."""
    return datetime.fromisoformat(stamp) > datetime.now(UTC) + timedelta(hours=1)


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
