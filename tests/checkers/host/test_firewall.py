"""The packet filter: real nftables and iptables in a network namespace of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from troth.checker import ObservationFailed
from troth.checkers.host import iptables, nft
from troth.checkers.host.firewall import InputRules
from troth.model import Failure, Reason

REPOSITORY = Path(__file__).parents[3]
LOOK = """
import json
from tests.checkers.host.machines import seen_of
from troth.checkers.host.firewall import InputRules
from troth.model import Failure
_, found = seen_of(InputRules, {"id": "h", "name": "here"})
facets = found["host:here:input"]
told = {n: s.as_json() if isinstance(s, Failure) else dict(s) for n, s in facets.items()}
told["missing"] = {n: list(getattr(s, "missing", [])) for n, s in facets.items()}
print(json.dumps(told))
"""


def real(script: str, *tools: str, user: int = 0) -> Any:
    """Run a shell script in a new network namespace, and then the checker in the same one."""
    for name in ("unshare", *tools):
        if not shutil.which(name):
            pytest.skip(f"missing: {name}")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("missing: permission to make a network namespace")
    drop = f"setpriv --reuid={user} --regid={user} --clear-groups " if user else ""
    line = f'set -e\nip link set lo up\n{script}\nexec {drop}"$0" -c "$1"\n'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", line, sys.executable, LOOK],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rule(id_: str, sources: str, protocol: str, ports: str, scope: str) -> dict[str, str]:
    return {"id": id_, "sources": sources, "protocol": protocol, "ports": ports, "scope": scope}


def bare(rules: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(r["sources"], r["protocol"], r["ports"], r["scope"]) for r in rules["items"]}


NFT = """
nft -f - <<'END'
table inet filter {
  set office { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 203.0.113.7 } }
  chain services { tcp dport { 80, 443 } accept; }
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state vmap { established : accept, related : accept, invalid : drop }
    ip saddr @office tcp dport 22 accept
    ip saddr 198.51.100.0/24 tcp dport 5432-5440 accept
    icmp type echo-request accept
    udp dport 53 ct state new limit rate 10/second accept
    jump services
    counter reject
  }
}
END
"""


def test_an_nft_ruleset_is_read_in_full() -> None:
    seen = real(NFT, "nft")
    assert seen["default"] == {"action": "deny", "pre_made": False}
    assert seen["allows"]["rules"]["complete"] is True
    assert bare(seen["allows"]["rules"]) == {
        ("192.0.2.0/24", "tcp", "22", "somewhere"),
        ("203.0.113.7", "tcp", "22", "somewhere"),
        ("198.51.100.0/24", "tcp", "5432-5440", "somewhere"),
        ("any", "icmp", "all", "anywhere"),
        ("any", "udp", "53", "anywhere"),
        ("any", "tcp", "80", "anywhere"),
        ("any", "tcp", "443", "anywhere"),
    }


def test_no_rules_let_everything_in() -> None:
    seen = real("", "nft")
    assert seen["default"]["action"] == "allow"
    assert seen["allows"] == {"rules": {"items": [], "complete": True}}


def test_rules_for_ipv4_alone_leave_ipv6_open() -> None:
    four = "iptables -P INPUT DROP\n"
    assert real(four, "iptables")["default"]["action"] == "allow"
    both = four + "ip6tables -A INPUT -j REJECT\n"
    assert real(both, "iptables")["default"]["action"] == "deny"
    without = "ip link set lo down\n" + four
    assert real(without, "iptables")["default"]["action"] == "deny"


def test_an_nft_table_of_ipv4_alone_leaves_ipv6_open() -> None:
    chain = "add chain ip f i { type filter hook input priority 0; policy drop; }"
    assert real(f"nft add table ip f\nnft '{chain}'", "nft")["default"]["action"] == "allow"


def test_iptables_rules_and_their_chains_are_read_once() -> None:
    seen = real(
        """
        iptables -P INPUT DROP
        iptables -A INPUT -i lo -j ACCEPT
        iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables -A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT
        iptables -N office
        iptables -A office -s 192.0.2.0/24 -p tcp --dport 22 -m comment --comment "a b" -j ACCEPT
        iptables -A INPUT -j office
        iptables -A INPUT -p icmp --icmp-type echo-request -j ACCEPT
        """,
        "iptables",
    )
    assert seen["allows"]["rules"]["complete"] is True
    assert bare(seen["allows"]["rules"]) == {
        ("0.0.0.0/0", "tcp", "80", "anywhere"),
        ("0.0.0.0/0", "tcp", "443", "anywhere"),
        ("192.0.2.0/24", "tcp", "22", "somewhere"),
        ("0.0.0.0/0", "icmp", "all", "anywhere"),
    }


def test_a_rule_that_is_not_understood_leaves_the_list_incomplete() -> None:
    script = "iptables -A INPUT -m mac --mac-source 00:00:00:00:00:01 -j ACCEPT\n"
    seen = real(script, "iptables")
    assert seen["allows"] == {"rules": {"items": []}}
    assert seen["missing"]["allows"] == ["rules"]
    for said in ("meta mark 1", "tcp dport 22 ct count over 2", "ip saddr != 192.0.2.0/24"):
        script = NFT + f"nft insert rule inet filter input {said} accept\n"
        assert "complete" not in real(script, "nft")["allows"]["rules"], said


def test_a_user_may_not_look() -> None:
    seen = real("", "nft", "setpriv", user=65534)
    assert seen["default"]["reason"] == "permission-denied"
    assert seen["default"]["permission"] == "run nft -j list ruleset (root)"


def test_a_file_tree_has_no_rules_in_force(tree: Tree) -> None:
    failure = tree.only(InputRules)["default"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize("printed", ["", "{}", '{"nftables": [{"rule": {}}]}', '{"nftables": 1}'])
def test_a_cut_off_answer_is_malformed(printed: str) -> None:
    with pytest.raises(ObservationFailed) as raised:
        nft.ruleset(printed)
    assert raised.value.failure.reason == Reason.MALFORMED_RESPONSE


def test_contradicting_conditions_of_a_jump_are_not_guessed() -> None:
    """The text is written by hand: the jump is for one network, the rule for another."""
    printed = (
        "-P INPUT DROP\n-N web\n-A INPUT -s 192.0.2.0/24 -j web\n"
        "-A web -s 198.51.100.0/24 -p tcp -j ACCEPT\n-A INPUT -j web2\n"
    )
    found = iptables.ruleset(printed, 4)
    assert (found.lets, len(found.unread)) == ([], 2)
    assert found.denies == {4}


def test_what_follows_an_end_for_all_does_not_count() -> None:
    printed = "-P INPUT ACCEPT\n-A INPUT -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"
    found = iptables.ruleset(printed, 4)
    assert (found.lets, found.denies) == ([], {4})
