"""``troth replay``: judge a stored run again, from its own files, with sockets refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from troth import record
from troth.cli import common, fail
from troth.cli.output import Outputs, gate_of
from troth.errors import Exit, UsageError
from troth.offline import refuse_sockets
from troth.replay import replay
from troth.report.account import Account
from troth.verdicts import Gate, exit_code, first


@click.command("replay")
@click.argument("run")
@common.output_option
@common.gate_options
@click.option(
    "--what-if",
    is_flag=True,
    help="The run's files were changed on purpose: judge them, do not call it tampering.",
)
@click.option(
    "--policies", multiple=True, type=Path, metavar="PATH",
    help="Judge with this policy, or those of a folder, and say what would change.",
)  # fmt: skip
def command(
    run: str,
    outputs: tuple[str, ...],
    fail_on: str,
    gate: str,
    what_if: bool,
    policies: tuple[Path, ...],
) -> None:
    """Judge the stored RUN again; exit 4 if anything differs from what it recorded.

    RUN is a run's folder, its id, or an evidence bundle.
    """
    if policies and what_if:
        raise UsageError("--what-if is for changed files, --policies for others; use one of them")
    refuse_sockets()
    wanted, gating = _wanted(outputs, only=bool(policies)), gate_of(fail_on, gate)
    with _folder(run) as folder:
        if policies:
            codes = _supposed(folder, policies, wanted, gating)
        else:
            codes = _replayed(folder, wanted, gating, what_if=what_if)
    fail(first(codes))


def _wanted(outputs: tuple[str, ...], *, only: bool) -> Outputs:
    """Return what to write; with ``only`` nothing that nobody asked for."""
    return Outputs(()) if only and not outputs else Outputs.parse(outputs, only=only)


@contextmanager
def _folder(run: str) -> Iterator[Path]:
    """Yield the folder of a run, or of the run in a bundle for as long as it is needed."""
    from troth.evidence import archive, unpack

    if not archive.is_bag(Path(run)):
        yield common.run_folder(run)
        return
    with unpack.as_run(Path(run)) as folder:
        text = "the bundle's digests fit; whose it is says troth evidence verify"
        click.echo(text, err=True)
        yield folder


def _replayed(folder: Path, wanted: Outputs, gating: Gate, *, what_if: bool) -> list[Exit]:
    replayed = replay(folder, what_if=what_if)
    wanted.write(Account.of_run(folder, replayed.results))
    codes = [exit_code(replayed.results, gating)]
    for text in replayed.differences:
        click.echo(f"troth: {text}", err=True)
    if replayed.differences and not what_if:
        codes.append(Exit.INTEGRITY)
    if not replayed.differences:
        click.echo(f"the results are the recorded ones: {replayed.digest}", err=True)
    return codes


def _supposed(
    folder: Path, policies: tuple[Path, ...], wanted: Outputs, gating: Gate
) -> list[Exit]:
    """Judge under other policies; what would change is the result unless one was asked for."""
    from troth.cli import supposing
    from troth.whatif import suppose

    found = suppose(folder, policies)
    wanted.write(supposing.Supposition.of(folder, record.get_envelope(folder), found))
    to_stdout = any(not one.path for one in wanted.wanted)
    for line in supposing.lines(found.changes):
        click.echo(line, err=to_stdout)
    return [exit_code(found.results, gating)]
