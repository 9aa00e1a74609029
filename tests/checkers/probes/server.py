"""A Prometheus of the tests' own, on loopback, with samples that were filled in beforehand."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.notify.receiver import free_port

#: Labels of a series as the exposition format writes them, and its samples: seconds and value.
Filled = tuple[str, Iterable[tuple[float, str]]]


@contextlib.contextmanager
def running(folder: Path, series: Iterable[Filled]) -> Iterator[str]:
    """Run a server with these samples until the block ends, and yield its URL."""
    program, tool = shutil.which("prometheus"), shutil.which("promtool")
    if program is None or tool is None:
        pytest.skip("missing: prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    _fill(tool, folder, series)
    (folder / "prometheus.yaml").write_text("global: {scrape_interval: 1h}\n")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                program, f"--config.file={folder}/prometheus.yaml",
                f"--storage.tsdb.path={folder}/data", "--storage.tsdb.retention.time=1000d",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _await(url, server, folder / "log")
            yield url
        finally:
            server.kill()
            server.wait()


def _fill(tool: str, folder: Path, series: Iterable[Filled]) -> None:
    lines = folder / "samples"
    with lines.open("w") as file:
        file.write("# TYPE probe_success gauge\n")
        for labels, samples in series:
            for at, value in samples:
                file.write(f"probe_success{labels} {value} {at:.3f}\n")
        file.write("# EOF\n")
    subprocess.run(
        [
            tool, "tsdb", "create-blocks-from", "--max-block-duration=744h", "openmetrics",
            str(lines), str(folder / "data"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200:
                return
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
