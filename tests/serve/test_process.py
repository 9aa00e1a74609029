"""The process: where it listens, what it says, how it ends."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.served import running, started
from troth.serve.server import Stop
from troth.serve.waiting import Waiting


def _refused(*options: str) -> tuple[int, str]:
    """Return the exit code and the words of a server that does not begin."""
    with started(*options) as process:
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()  # it serves instead
    assert out == ""
    return process.returncode, err


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["sigterm", "sigint"]
)
def test_a_signal_ends_it(story: str, how: signal.Signals, code: int) -> None:
    with running(story) as site:
        assert site.ask("/").status == 200
        assert site.end(how) == (code, "")
        with pytest.raises(ConnectionRefusedError):
            site.ask("/")


def test_a_signal_ends_it_although_somebody_holds_a_connection(story: str) -> None:
    with running(story) as site, socket.create_connection(("127.0.0.1", site.port)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert site.end() == (0, "")


def _unfinished(port: int) -> socket.socket:
    """Return a connection on which a header has begun."""
    made = socket.create_connection(("127.0.0.1", port), timeout=60)
    made.sendall(b"GET / HTTP/1.1\r\nHost: l")
    return made


def test_more_unfinished_requests_than_there_are_places_keep_nobody_out(story: str) -> None:
    with running(story) as site, contextlib.ExitStack() as held:
        for _ in range(150):
            held.enter_context(_unfinished(site.port))
        assert site.ask("/").status == 200
        assert site.ask("/runs").status == 200


def test_a_header_that_comes_byte_by_byte_is_not_waited_for(story: str) -> None:
    with running(story) as site, _unfinished(site.port) as slow:
        slow.settimeout(0.2)
        for _ in range(600):
            try:
                slow.sendall(b"a")
                if slow.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
        pytest.fail("it is still waited for")


class _Channel:
    """A connection on which nothing is being answered."""

    def __init__(self) -> None:
        self.requests: list[object] = []
        self.total_outbufs_len = 0
        self.will_close = False


def test_a_connection_that_asks_again_and_again_is_kept() -> None:
    channel, waiting = _Channel(), Waiting()
    for now in range(0, 60, 6):
        waiting.turn([channel], now, full=False)
        waiting.asked(channel)
    assert not channel.will_close
    waiting.turn([channel], 60, full=False)
    waiting.turn([channel], 71, full=False)
    assert channel.will_close


def test_a_second_signal_does_not_wait_for_what_is_being_answered() -> None:
    stop, woken = Stop(), []
    stop.wake = lambda: woken.append(True)
    stop(signal.SIGINT, None)
    assert (stop.asked, stop.code, woken) == (True, 130, [True])
    with pytest.raises(KeyboardInterrupt):
        stop(signal.SIGTERM, None)
    assert stop.code == 130, "the first one says how it ended"


def test_its_port_is_free_again_at_once(story: str) -> None:
    with running(story) as site:
        site.ask("/", Connection="close")  # it hangs up first, and the system remembers that
        site.end()
        again = f"127.0.0.1:{site.port}"
        with running(story, listen=again) as second:
            assert second.ask("/").status == 200


def test_a_port_in_use_is_told_in_a_sentence(story: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = _refused("--history", story, "--listen", f"127.0.0.1:{port}")
    assert code == 2
    assert err == (
        f"troth: cannot serve at 127.0.0.1:{port}: Address already in use; "
        "choose another with --listen\n"
    )


def test_an_address_of_another_machine_cannot_be_listened_at(story: str) -> None:
    code, err = _refused("--history", story, "--listen", "192.0.2.1:0", "--allow-remote")
    assert code == 2
    assert err.startswith("troth: cannot serve at 192.0.2.1:0: ")


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"])
def test_others_are_not_served_unless_it_is_asked_for(story: str, listen: str) -> None:
    code, err = _refused("--history", story, "--listen", listen)
    assert code == 2
    assert "can be reached by others, and nobody is asked who they are" in err
    assert "add --allow-remote" in err


def test_serving_others_says_that_nobody_is_asked_who_they_are(story: str) -> None:
    with running(story, "--allow-remote", "--host-name", "here", listen="0.0.0.0:0") as site:
        assert site.ask("/", host="here").status == 200
        assert site.ask("/", host="10.1.2.3").status == 421
        code, err = site.end()
    assert code == 0
    assert err == (
        "troth: there is no authentication: put a proxy in front that asks who somebody is\n"
    )


def test_version_six_of_the_internet_protocol(story: str) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("missing: IPv6 on loopback")
    with started("--history", story, "--listen", "[::1]:0") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("serving http://[::1]:")
        port = int(line.rsplit(":", 1)[1])
        with socket.create_connection(("::1", port)) as plain:
            host = f"[::1]:{port}".encode()
            plain.sendall(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
            assert plain.recv(15) == b"HTTP/1.1 200 OK"
        process.terminate()
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--listen", "8421"), "--listen: '8421' is not an address and a port"),
        (("--host-name", "a b"), "--host-name: 'a b' is not the name of a host"),
        (("--scope", "A"), "--scope: 'A' is no name of a scope"),
    ],
    ids=["listen", "host-name", "scope"],
)
def test_options_that_make_no_sense(story: str, options: tuple[str, ...], said: str) -> None:
    code, err = _refused("--history", story, *options)
    assert code == 2
    assert said in err


def test_without_a_history_it_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROTH_HISTORY", raising=False)
    monkeypatch.delenv("TROTH_CONFIG", raising=False)
    code, err = _refused()
    assert code == 2
    assert "no history is named; write history: {store: history.db} into troth.yaml" in err


def test_a_history_that_is_not_there_yet_is_told_and_served(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path}/later.db") as site:
        assert site.ask("/").status == 503
        assert site.end() == (0, "")
        assert len(site.before) == 1
        assert "later.db: there is no history; troth history record RUN" in site.before[0]
    assert list(tmp_path.iterdir()) == []


_WITHOUT = """
import sys
from troth.cli import main
sys.modules[sys.argv.pop(1)] = None
sys.exit(main(["serve", "--history", sys.argv.pop(1), "--listen", "127.0.0.1:0"]))
"""


@pytest.mark.parametrize("name", ["flask", "sqlalchemy", "waitress"])
def test_without_the_extra_it_says_how_to_get_it(story: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, name, story], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == f"troth: {name} is not installed; pip install 'troth[serve]'\n"


def test_help_imports_neither_flask_nor_a_database() -> None:
    code = (
        "import sys; from troth.cli import main; assert main(['serve', '--help']) == 0;"
        "print(sorted({'flask', 'waitress', 'sqlalchemy', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")
