"""The pages say what is: links lead somewhere, examples load, tables and lists are complete."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.house.tree import ROOT, block, blocks, files, lines_of, pages, said, setup_cfg
from troth import config, plugins, waivers, yamlfile
from troth.catalogue import content, schemas
from troth.cli import COMMANDS, main, root
from troth.errors import Exit, InputError
from troth.model import Reason
from troth.plan import choose, make

DOCS = ROOT / "docs"
ACME = ROOT / "tests" / "plugin"
PAGES = pages()
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        to = (page.parent / name).resolve() if name else page
        assert to.exists(), f"{target} is not there"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", to.read_text(encoding="utf-8"), re.M)
            assert anchor in {_anchor(heading) for heading in headings}, target


@each_page
def test_blocks_can_be_read(page: Path) -> None:
    for language, name, text in blocks(page):
        if language == "json" and "…" not in text:
            json.loads(text)
        elif language == "yaml" and not text.startswith(" "):
            yamlfile.parse(text, name or page.name)


@each_page
def test_commands_in_the_pages_exist(page: Path) -> None:
    shell = "\n".join(text for language, _, text in blocks(page) if language == "sh")
    prose = page.read_text(encoding="utf-8")
    for name in re.findall(r"^troth (\w+)", shell, re.M) + re.findall(r"`troth (\w+)", prose):
        assert name in COMMANDS, f"troth {name}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", prose)) <= targets


@each_page
def test_what_the_pages_have_explained_can_be_explained(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = ["--policies", str(ROOT / "examples" / "office" / "policies")]
    for name in re.findall(r"troth explain ([\w./:-]*\w)", page.read_text(encoding="utf-8")):
        assert main(["explain", name, *office]) == Exit.OK, name
        assert capsys.readouterr().out


@pytest.mark.parametrize(
    "kind", sorted(path.stem for path in (ROOT / "troth/kinds").glob("*.yaml"))
)
def test_explaining_a_kind_names_every_fact(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", kind]) == Exit.OK
    shown = capsys.readouterr().out
    data = yamlfile.parse((ROOT / f"troth/kinds/{kind}.yaml").read_text(), kind).data
    for facet, body in data["facets"].items():
        assert f"Facet           {facet}: {body['title']} (stale after {body['max_age']})" in shown
        for fact in body["facts"]:
            assert f"\n  {fact}: " in shown


@each_page
def test_options_in_the_pages_exist(page: Path) -> None:
    known = {"--help", "--version", "--require-hashes"}
    for name in COMMANDS:
        command = root.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        for part in (command, *getattr(command, "commands", {}).values()):
            known |= {option for param in part.params for option in param.opts}
    told = {option for code in said(page.read_text()) for option in re.findall(r"--[a-z-]+", code)}
    assert told <= known


# Architecture


def test_the_architecture_names_modules_that_exist() -> None:
    named = set(re.findall(r"`(troth/[\w/]+\.py)`", (DOCS / "architecture.md").read_text()))
    assert len(named) > 20
    assert not [name for name in sorted(named) if not (ROOT / name).is_file()]


def test_the_architecture_leaves_no_module_of_the_engine_out() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    engine = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] == "troth"
        and not {"demo", "measures", "cli"} & set(path.relative_to(ROOT).parts)
        and path.name != "__init__.py"
    ]
    assert not [name for name in engine if f"`{name}`" not in text]


def test_the_layers_are_those_of_setup_cfg() -> None:
    told = block(DOCS / "architecture.md", "layers").split("\n")[:-1]
    assert told == lines_of("importlinter:contract:layers", "layers")


def test_every_layer_is_there() -> None:
    for line in lines_of("importlinter:contract:layers", "layers"):
        for name in re.findall(r"\w+", line):
            module = ROOT / "troth" / name
            assert module.with_suffix(".py").is_file() or (module / "__init__.py").is_file(), name


# Examples that the engine loads


@pytest.fixture(autouse=True)
def profile(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the AWS profile that the examples name, and nothing of this machine's own."""
    path = tmp_path_factory.mktemp("aws") / "config"
    path.write_text("[profile audit]\nregion = ap-northeast-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def _prepared(folder: Path, name: str = "troth.yaml") -> int:
    """Load a troth.yaml with all it names, except the user's own secrets; return the reads."""
    checkers = plugins.checkers()
    settings = config.load(folder / name, checkers)
    names = [selection.policy for selection in settings.selections]
    books = content.load(settings.extend, policies=names, base=settings.base_dir)
    chosen = choose(settings, books.policies, books.controls)
    if settings.waivers:
        assert waivers.load(settings.waivers, books.policies)
    return len(make(settings, chosen, books.controls, books.kinds, checkers).reads)


def test_the_example_of_the_configuration_loads(tmp_path: Path) -> None:
    for page in ("configuration.md", "waivers.md"):
        for _, name, text in blocks(DOCS / page):
            if name:
                (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("kinds", "controls", "documents"):
        (tmp_path / name).mkdir()
    lobby = "schema: 1\nid: lobby\ntitle: x\nsource: {language: en}\ntimezone: UTC\nclauses:\n"
    lobby += "  - {id: '1', promise: x, assess: observed, awaits: [x]}\n"
    (tmp_path / "documents" / "lobby.yaml").write_text(lobby, encoding="utf-8")
    assert _prepared(tmp_path) > 50


def test_a_looser_value_is_refused_as_the_page_says(tmp_path: Path) -> None:
    text = block(DOCS / "configuration.md", "yaml", "troth.yaml")
    assert "min_retention: P90D" in text
    assert "`min_retention: P7D`" in (DOCS / "configuration.md").read_text()
    (tmp_path / "documents").mkdir()
    text = text.replace("P90D", "P7D").partition("\nwaivers:")[0]
    text = re.sub(r"  - policy: documents/.*?\n\n", "\n", text, flags=re.DOTALL)
    (tmp_path / "troth.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="P7D is looser"):
        _prepared(tmp_path)


def test_the_example_of_the_readme_loads(tmp_path: Path) -> None:
    text = block(ROOT / "README.md", "yaml", "troth.yaml")
    (tmp_path / "troth.yaml").write_text(text, encoding="utf-8")
    assert _prepared(tmp_path) > 20


EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("troth.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_load(path: Path) -> None:
    assert _prepared(path.parent) > 0
    assert f"({path.relative_to(ROOT / 'examples')})" in (ROOT / "examples/README.md").read_text()


def test_the_office_ends_as_its_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples" / "office", tmp_path / "office")
    monkeypatch.chdir(tmp_path / "office")
    monkeypatch.delenv("TROTH_CONFIG", raising=False)
    at = ["--as-of", "2026-11-21T00:00:00+00:00", "-o", "json=out.json", "-q"]
    assert main(["check", *at]) == Exit.INCOMPLETE
    clauses = json.loads((tmp_path / "office" / "out.json").read_text())["summary"]["clauses"]
    assert {(row["clause"], row["verdict"], row["waived"]) for row in clauses} == {
        ("1", "pass", False), ("2", "fail", True), ("3", "unknown", False), ("4", None, False),
    }  # fmt: skip
    assert main(["check", *at, "--gate", "observed,recorded"]) == Exit.OK


#: Pages whose named blocks stand in the package that tests/plugin builds and runs.
HOW_TO = ("write-a-control.md", "write-a-checker.md", "write-a-policy.md")


@pytest.mark.parametrize("page", HOW_TO)
def test_the_how_to_shows_what_is_tested(page: str) -> None:
    named = [(name, text) for _, name, text in blocks(DOCS / page) if name]
    assert named
    for name, text in named:
        homes = [ACME / "acme" / name, ACME / "estate" / name]
        source = next(path for path in homes if path.is_file()).read_text(encoding="utf-8")
        assert text in source, f"{page} shows another {name}"


# Tables that must be complete


def _keys(page: Path) -> set[str]:
    """Return every `word` that stands in the first column of a table."""
    rows = re.findall(r"^\| (.+?) \|", page.read_text(encoding="utf-8"), re.M)
    return {word for row in rows for word in said(row)}


def _properties(schema: str, *path: str) -> set[str]:
    node = schemas.schema(schema)
    for step in path:
        node = node[step]
    return set(node["properties"])


def test_the_configuration_names_every_key() -> None:
    keys = _keys(DOCS / "configuration.md")
    wanted = _properties("config")
    wanted |= _properties("config", "$defs", "selection") | _properties("config", "$defs", "target")
    assert wanted <= keys


def test_the_configuration_names_every_option_of_every_type_of_target() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    families: dict[str, set[str]] = {}
    for plugin in plugins.plugins():
        if plugin.entry.value.startswith("troth."):
            cls = plugins.load(plugin)
            families.setdefault(cls.target_type, set()).update(cls.options)
    for name, options in families.items():
        (row,) = re.findall(rf"^\| `{name}` \| (.+) \|$", text, re.M)
        assert options <= set(said(row)), f"the keys of type {name}"


@pytest.mark.parametrize(
    ("page", "schema", "parts"),
    [
        ("write-a-policy.md", "policy", ("clause", "binding")),
        ("write-a-control.md", "control", ("part", "rule")),
        ("waivers.md", "waivers", ()),
    ],
)
def test_the_formats_are_told_whole(page: str, schema: str, parts: tuple[str, ...]) -> None:
    wanted = _properties(schema) - {"schema", "waivers"}
    for part in parts:
        wanted |= _properties(schema, "$defs", part)
    if schema == "waivers":
        wanted |= set(schemas.schema(schema)["properties"]["waivers"]["items"]["properties"])
    assert wanted <= _keys(DOCS / page)


def test_the_page_on_checkers_names_every_reason_that_a_checker_may_give() -> None:
    text = (DOCS / "write-a-checker.md").read_text(encoding="utf-8")
    reasons = {reason.value for reason in Reason}
    engine = {"nothing-found", "scope-unknown", "no-target", "no-control", "not-attested",
              "not-allowed", "interrupted", "rule-error"}  # fmt: skip
    assert reasons - engine <= set(said(text))


def test_every_decision_has_its_page_and_its_three_parts() -> None:
    adrs = sorted((DOCS / "adr").glob("0*.md"))
    index = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    assert [int(path.name[:4]) for path in adrs] == list(range(1, len(adrs) + 1))
    for number, path in enumerate(adrs, 1):
        text = path.read_text(encoding="utf-8")
        title = re.match(rf"# {number}\. (.+)\n", text)
        assert title, path.name
        assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences"]
        assert f"{number}. [{title[1]}]({path.name})\n" in index


def test_every_dependency_earns_its_place_in_a_decision() -> None:
    told = "\n".join(path.read_text() for path in sorted((DOCS / "adr").glob("0*.md")))
    asked = lines_of("options", "install_requires")
    for extra in setup_cfg()["options.extras_require"]:
        for line in lines_of("options.extras_require", extra):
            asked += [one.strip() for one in line.split(";")]
    for line in asked:
        name = re.split(r"[\[<>=]", line)[0]
        assert re.search(rf"\b{name}\b", told, re.I), f"{name} stands in no decision"


# The run folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with all that a run can have: waivers, failures, gaps."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copytree(ROOT / "examples" / "office", folder, dirs_exist_ok=True)
    (folder / "registers" / "trainings.csv").unlink()
    here = ["--config", str(folder / "troth.yaml"), "--run", str(folder / "run"), "-q"]
    main(["check", *here, "--as-of", "2026-11-21T00:00:00+00:00", "-o", "json=/dev/null"])
    return folder / "run"


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _all_keys(value: object, free: frozenset[str]) -> set[str]:
    """Return every key of a value, but none below a key whose members have names of their own."""
    if isinstance(value, list):
        return {key for item in value for key in _all_keys(item, free)}
    if not isinstance(value, dict):
        return set()
    below = [_all_keys(inner, free) for key, inner in value.items() if key not in free]
    return set(value).union(*below) if below else set(value)


_NAMED_BY_OTHERS = frozenset(
    {"facts", "found", "raw", "covered", "files", "counters", "versions", "settings", "excluded",
     "waiver", "waivers", "clauses_by_policy"}
)  # fmt: skip


def test_the_page_names_every_file_and_key_of_a_run(run: Path) -> None:
    page = DOCS / "run-folder.md"
    told = set(said(page.read_text(encoding="utf-8")))
    envelope = json.loads((run / "run.json").read_text())
    keys = set(envelope)
    for name in ("plan.json", "results.json"):
        keys |= _all_keys(json.loads((run / name).read_text()), _NAMED_BY_OTHERS)
    keys |= _all_keys(_lines(run / "findings.jsonl"), _NAMED_BY_OTHERS)
    observed: set[str] = set()
    for shard in sorted((run / "observations").glob("*.jsonl")):
        head, *rows = _lines(shard)
        observed |= _all_keys(head, _NAMED_BY_OTHERS)
        for row in rows:
            facets = row.pop("facets")
            assert isinstance(facets, dict)
            observed |= {*row, "facets"}
            observed |= _all_keys(list(facets.values()), _NAMED_BY_OTHERS)
    verdicts = {"pass", "fail", "unknown", "not-applicable"}
    assert {"failure", "digest", "observed_at", "calls"} <= observed
    assert sorted((keys | observed) - told - verdicts) == []
    top = {path.name for path in run.iterdir()}
    tree = block(page, "text")
    assert not [name for name in top if name not in tree]
    assert sorted(path.name for path in (run / "inputs").iterdir()) == [
        "controls", "kinds", "policies", "troth.yaml", "waivers.yaml",
    ]  # fmt: skip


def test_the_digests_are_over_what_the_page_says(run: Path) -> None:
    import hashlib

    envelope = json.loads((run / "run.json").read_text())
    body = (run / "results.json").read_bytes()
    assert body.endswith(b"\n")
    whole = hashlib.sha256(body.removesuffix(b"\n")).hexdigest()
    assert envelope["results_digest"] == f"sha256:{whole}"
    listed = hashlib.sha256((run / "findings.jsonl").read_bytes()).hexdigest()
    assert json.loads(body)["findings"]["digest"] == f"sha256:{listed}"
    finding = _lines(run / "findings.jsonl")[0]
    names = ("policy", "clause", "binding", "control", "part", "target", "resource")
    key = json.dumps([finding[name] for name in names], ensure_ascii=False, separators=(",", ":"))
    assert finding["id"] == "f-" + hashlib.sha256(key.encode()).hexdigest()[:20]


def test_the_folder_is_for_its_owner_only(run: Path) -> None:
    assert run.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in run.rglob("*") if path.is_file()} == {0o600}


# README


def test_the_readme_lists_the_commands_as_the_help_does() -> None:
    told = [
        line.split(maxsplit=1) for line in block(ROOT / "README.md", "text").splitlines() if line
    ]
    assert [(name, text) for name, text in told] == [
        (name, line) for name, (_, line) in COMMANDS.items()
    ]
    shown = CliRunner().invoke(root, ["--help"], terminal_width=200).output
    for name, text in told:
        assert re.search(rf"^  {name} +{re.escape(text)}$", shown, re.M)


def test_the_numbers_of_the_readme_are_those_of_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for line in block(ROOT / "README.md", "coverage").splitlines():
        policy, told = line.split(maxsplit=1)
        assert main(["coverage", policy]) == Exit.OK
        assert capsys.readouterr().out.splitlines()[-1] == told, f"troth coverage {policy}"


def test_the_readme_counts_the_clauses_that_the_demo_compares() -> None:
    counts = re.findall(r"^\S+ +(\d+) clauses:", block(ROOT / "README.md", "coverage"), re.M)
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"compares each of the {sum(map(int, counts))} verdicts" in text


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "configuration.md"])
def test_the_exit_codes_are_told_whole(page: Path) -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", page.read_text(encoding="utf-8"), re.M)
    assert {int(code) for row in rows for code in row.split(",")} == {int(code) for code in Exit}


def test_the_changes_name_this_version() -> None:
    import troth

    assert troth.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
