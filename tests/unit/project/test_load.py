"""What is chosen where nothing is wrong: defaults, files, options, requirements, targets, outputs."""

import sys
from pathlib import Path
from typing import Any

import pytest

from slimpack.errors import ConfigError, TraceError
from slimpack.model.project import Bytecode, Layout, Level, Project, SourceKind
from slimpack.model.rule import Runtime
from slimpack.model.target import Architecture
from slimpack.project import Options, load
from slimpack.project.settings import HANDLER, SETTINGS


def runtime(minor: int, status: str = "supported") -> Runtime:
    glibc = (2, 34) if minor > 11 else (2, 26)
    name = f"python3.{minor}"
    return Runtime(name=name, glibc=glibc, status=status, deprecated="", provides=(), libraries=(), as_of="")


RUNTIMES = (runtime(10, "deprecated"), *(runtime(minor) for minor in (11, 12, 13, 14)), runtime(15, "preview"))
HANDLER_TEXT = "def handler(event, context):\n    return event\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def load_all(root: Path, files: dict[str, str] | None = None, /, *handlers: str, **options: Any) -> tuple[Project, ...]:
    write(root, {"app.py": HANDLER_TEXT, **(files or {})})
    return load(Options(root=root, handlers=handlers, **options), environment={"TOKEN": "s3"}, runtimes=RUNTIMES)


def load_one(root: Path, files: dict[str, str] | None = None, /, **options: Any) -> Project:
    (project,) = load_all(root, files, "app.handler", **options)
    return project


def test_a_handler_needs_no_configuration(tmp_path: Path) -> None:
    project = load_one(tmp_path)
    assert project.name == "app"
    assert str(project.entry_points[0]) == "app.handler"
    assert project.requirements.kind is SourceKind.NONE
    assert project.output.path == tmp_path / "dist/app.zip"
    assert project.output.report == tmp_path / "dist/app.report.json"
    assert (project.policy.level, project.policy.bytecode) == (Level.TRACED, Bytecode.AUTO)
    assert project.target.architecture is Architecture.X86_64
    assert (project.runs, project.config) == (4, None)


def test_an_option_beats_the_function_which_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    toml = """
    [tool.slimpack]
    level = "clean"
    arch = "arm64"
    keep = ["a/**"]
    max-zip = "10MB"
    [tool.slimpack.functions.one]
    handler = "app.handler"
    level = "traced"
    keep = ["b/**"]
    max-init = "1.5s"
    [tool.slimpack.functions.two]
    handler = "app.handler"
    """
    one, two = load_all(tmp_path, {"pyproject.toml": toml}, keep=("c/**",), max_zip="250 MiB", python="3.13")
    assert (one.name, two.name) == ("one", "two")
    assert (one.policy.level, two.policy.level) == (Level.TRACED, Level.CLEAN)
    assert one.policy.keep == ("a/**", "b/**", "c/**")
    assert two.policy.keep == ("a/**", "c/**")
    assert one.budget.max_zip == 250 * 1024**2
    assert (one.budget.max_init, two.budget.max_init) == (1500.0, None)
    assert one.target.architecture is Architecture.ARM64
    assert one.target.glibc == (2, 34)
    assert one.config == tmp_path / "pyproject.toml"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", 1), ("10MB", 10 * 1024**2), ("10 mb", 10 * 1024**2), ("1.5KiB", 1536), ("2GB", 2 * 1024**3), (4096, 4096)],
)
def test_sizes(tmp_path: Path, written: str | int, meant: int) -> None:
    assert load_one(tmp_path, max_zip=written).budget.max_zip == meant


CONFIGURED = """
[tool.slimpack.functions.orders]
handler = "orders/main.handler"
level = "clean"
[tool.slimpack.functions.users]
handler = ["users.handler", "users.other"]
"""
FUNCTIONS = {
    "pyproject.toml": CONFIGURED,
    "orders/main.py": HANDLER_TEXT,
    "users.py": HANDLER_TEXT + "other = handler\n",
}


def test_without_argument_all_configured_functions_are_built(tmp_path: Path) -> None:
    orders, users = load_all(tmp_path, FUNCTIONS)
    assert str(orders.entry_points[0]) == "orders.main.handler"
    assert [str(entry) for entry in users.entry_points] == ["users.handler", "users.other"]
    assert users.output.path.name == "users.zip"


@pytest.mark.parametrize("argument", ["orders", "orders/main.handler"])
def test_a_name_or_its_handler_selects_a_function_with_its_settings(tmp_path: Path, argument: str) -> None:
    (project,) = load_all(tmp_path, FUNCTIONS, argument)
    assert (project.name, project.policy.level) == ("orders", Level.CLEAN)


def test_any_other_handler_takes_the_general_settings(tmp_path: Path) -> None:
    (project,) = load_all(tmp_path, FUNCTIONS, "app.handler")
    assert (project.name, project.policy.level) == ("app", Level.TRACED)


def test_an_unknown_name_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no function order\n.*\n.*did you mean orders"):
        load_all(tmp_path, FUNCTIONS, "order")


SOURCES = {
    "pylock.toml": 'lock-version = "1.0"\n',
    "uv.lock": "version = 1\n",
    "poetry.lock": "",
    "pdm.lock": "",
    "Pipfile.lock": "{}",
    "requirements.txt": "boto3\n",
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["boto3"]\n',
}


@pytest.mark.parametrize("count", range(len(SOURCES)))
def test_requirements_are_found_in_order(tmp_path: Path, count: int) -> None:
    present = dict(list(SOURCES.items())[count:])
    project = load_one(tmp_path, present)
    assert project.requirements.kind.value == next(iter(present))
    assert project.requirements.path == tmp_path / next(iter(present))


def test_a_lock_to_be_written_is_no_source_of_itself(tmp_path: Path) -> None:
    (project,) = load_all(tmp_path, {**SOURCES, "uv.lock": "version = 1\n"}, locking=True)
    assert project.requirements.kind is SourceKind.UV_LOCK
    assert project.entry_points == ()


def test_a_lock_that_is_the_only_source_is_its_own(tmp_path: Path) -> None:
    (project,) = load_all(tmp_path, {"pylock.toml": SOURCES["pylock.toml"]}, locking=True)
    assert project.requirements.kind is SourceKind.PYLOCK


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("pylock.prod.toml", 'lock-version = "1.0"\n', SourceKind.PYLOCK),
        ("prod.txt", "boto3\n", SourceKind.REQUIREMENTS),
        ("base.in", "boto3\n", SourceKind.REQUIREMENTS),
        ("reqs", "boto3==1.0\n", SourceKind.REQUIREMENTS),
        ("a.lock", '[metadata]\nlock-version = "2.1"\n', SourceKind.POETRY_LOCK),
        ("b.lock", '[metadata]\nlock_version = "4.5"\n', SourceKind.PDM_LOCK),
        ("c.lock", 'version = 1\n[[package]]\nname = "x"\n', SourceKind.UV_LOCK),
        ("d.lock", '{"_meta": {}}', SourceKind.PIPFILE_LOCK),
        ("other/pyproject.toml", '[project]\nname = "x"\n', SourceKind.PYPROJECT),
    ],
)
def test_a_chosen_file_is_known_by_name_or_content(tmp_path: Path, name: str, text: str, kind: SourceKind) -> None:
    files = {name: text, "uv.lock": "version = 1\n"}
    requirements = load_one(tmp_path, files, requirements=str(tmp_path / name)).requirements
    assert (requirements.kind, requirements.path) == (kind, tmp_path / name)


def test_a_group_is_looked_for_where_groups_are(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "pyproject.toml": '[dependency-groups]\nlambda_fn = ["boto3"]\n'}
    requirements = load_one(tmp_path, files, groups=("lambda-fn",)).requirements
    assert (requirements.kind, requirements.groups) == (SourceKind.PYPROJECT, ("lambda-fn",))


def test_a_requirements_file_has_no_groups(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a requirements file has no groups"):
        load_one(tmp_path, {"r.txt": ""}, requirements=str(tmp_path / "r.txt"), groups=("x",))


def test_the_python_is_the_pinned_one(tmp_path: Path) -> None:
    assert load_one(tmp_path, {".python-version": "3.14.2\n"}).target.python == (3, 14)


@pytest.mark.parametrize(
    ("required", "python"), [("==3.12.*", (3, 12)), (">=3.14", (3, 14)), (">=3.13.5,<3.14", (3, 13))]
)
def test_the_python_is_one_that_the_project_allows(
    tmp_path: Path, required: str, python: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    pyproject = f'[project]\nname = "x"\nrequires-python = "{required}"\n'
    assert load_one(tmp_path, {"pyproject.toml": pyproject}).target.python == python


def test_the_python_is_one_that_the_lock_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    lock = 'lock-version = "1.0"\nrequires-python = ">=3.12,<3.13"\n'
    assert load_one(tmp_path, {"pylock.toml": lock}).target.python == (3, 12)


def test_the_python_is_the_running_one_else_the_newest_stable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 9))
    assert load_one(tmp_path).target.python == (3, 12)
    monkeypatch.setattr(sys, "version_info", (3, 16, 0))
    assert load_one(tmp_path).target.python == (3, 14)


def test_previews_and_deprecated_runtimes_may_be_asked_for(tmp_path: Path) -> None:
    assert load_one(tmp_path, python="3.15").target.python == (3, 15)
    assert load_one(tmp_path, python="python3.10").target.glibc == (2, 26)


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        ("app.handler", "handler = print\n"),
        ("app.handler", "a, (b, handler) = 1, (2, 3)\n"),
        ("app.handler", "from other import *\n"),
        ("app.handler", "from other import x as handler\n"),
        ("app.handler", "import handler\n"),
        ("app.handler", "try:\n    from a import handler\nexcept ImportError:\n    handler = None\n"),
        ("app.handler", "if True:\n    async def handler(e, c): ...\n"),
        ("app.handler", "class handler: ...\n"),
        ("app.handler", "def __getattr__(name): ...\n"),
        ("app.handler", "globals()['handler'] = 1\n"),
        ("app.handler", "def set():\n    global handler\n    handler = 1\nset()\n"),
        ("app.handler", "with open('x') as handler: ...\n"),
        ("app.handler", "match x:\n    case [handler]: ...\n"),
    ],
)
def test_an_attribute_that_may_be_there_is_there(tmp_path: Path, handler: str, text: str) -> None:
    assert load_all(tmp_path, {"app.py": text}, handler)


@pytest.mark.parametrize(
    "text",
    ["def f():\n    handler = 1\n", "class C:\n    def handler(self): ...\n", "handlers = 1\n"],
)
def test_an_attribute_of_something_else_is_not(tmp_path: Path, text: str) -> None:
    with pytest.raises(TraceError, match=r"app.py defines no handler"):
        load_all(tmp_path, {"app.py": text}, "app.handler")


@pytest.mark.parametrize(
    "handler",
    ["pkg/app.handler", "pkg.app.handler", "pkg.handler", "space/app.handler", "ext.handler", "my-fn.handler"],
)
def test_modules_are_found_as_python_finds_them(tmp_path: Path, handler: str) -> None:
    files = dict.fromkeys(
        ("pkg/__init__.py", "pkg/app.py", "space/app.py", "my-fn.py", "ext.cpython-312-x86_64-linux-gnu.so"), ""
    )
    files |= {path: HANDLER_TEXT for path in files if path.endswith(".py")}
    (project,) = load_all(tmp_path, files, handler)
    assert str(project.entry_points[0]) == handler.replace("/", ".")


def test_a_newer_grammar_than_ours_is_left_to_the_target(tmp_path: Path) -> None:
    text = "def handler(event, context) -> = 3\n"
    if sys.version_info < (3, 15):
        assert load_all(tmp_path, {"app.py": text}, "app.handler", python="3.15")
    with pytest.raises(TraceError, match=r"does not parse(.|\n)*app.py:1"):
        load_all(tmp_path, {"app.py": text}, "app.handler", python="3.11")


def test_the_source_root_may_be_another_folder(tmp_path: Path) -> None:
    (project,) = load_all(tmp_path, {"src/fn.py": HANDLER_TEXT}, "fn.handler", source=str(tmp_path / "src"))
    assert project.root == tmp_path / "src"
    assert project.output.path == tmp_path / "dist/fn.zip"


def test_paths_in_options_are_relative_to_the_user_and_in_the_file_to_it(tmp_path: Path) -> None:
    root = tmp_path / "fn"
    write(root, {"app.py": HANDLER_TEXT, "pyproject.toml": '[tool.slimpack]\nrequirements = "r.txt"\n', "r.txt": ""})
    options = Options(root=Path("fn"), cwd=tmp_path, handlers=("app.handler",), output="out/a.zip")
    (project,) = load(options, environment={}, runtimes=RUNTIMES)
    assert project.requirements.path == root / "r.txt"
    assert project.output.path == tmp_path / "out/a.zip"


@pytest.mark.parametrize(
    ("options", "layout", "path", "report"),
    [
        ({"format": "layer"}, Layout.LAYER, "dist/app.zip", "dist/app.report.json"),
        ({"format": "directory"}, Layout.DIRECTORY, "dist/app", "dist/app.report.json"),
        ({"output": "build/"}, Layout.DIRECTORY, "build", "build.report.json"),
        ({"output": "x.zip"}, Layout.ZIP, "x.zip", "x.report.json"),
        ({"format": "layer", "output": "layers/"}, Layout.LAYER, "layers/app.zip", "layers/app.report.json"),
    ],
)
def test_outputs(tmp_path: Path, options: dict[str, str], layout: Layout, path: str, report: str) -> None:
    output = load_one(tmp_path, cwd=tmp_path, **options).output
    assert (output.layout, output.path, output.report) == (layout, tmp_path / path, tmp_path / report)


def test_a_layer_needs_no_handler_and_keeps_whole_distributions(tmp_path: Path) -> None:
    (layer,) = load_all(tmp_path, None, format="layer")
    assert (layer.name, layer.entry_points, layer.policy.level, layer.runs) == ("layer", (), Level.CLEAN, 0)
    (traced,) = load_all(tmp_path, None, format="layer", imports=("boto3", "PIL.Image"))
    assert [str(entry) for entry in traced.entry_points] == ["boto3", "PIL.Image"]
    assert traced.policy.level is Level.TRACED


def test_a_layer_that_is_asked_for_is_none_of_the_functions(tmp_path: Path) -> None:
    (layer,) = load_all(tmp_path, FUNCTIONS, format="layer")
    assert (layer.name, layer.entry_points) == ("layer", ())
    text = CONFIGURED + '[tool.slimpack.functions.shared]\nformat = "layer"\n'
    (shared,) = load_all(tmp_path, {**FUNCTIONS, "pyproject.toml": text}, format="layer")
    assert (shared.name, shared.output.path.name) == ("shared", "shared.zip")


def test_two_handlers_of_one_name_have_the_same_output(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"app \(a.app.handler\) and app \(b.app.handler\) have the same output"):
        load_all(tmp_path, {"a/app.py": HANDLER_TEXT, "b/app.py": HANDLER_TEXT}, "a/app.handler", "b/app.handler")


def test_variables_in_index_urls_come_from_the_environment(tmp_path: Path) -> None:
    project = load_one(
        tmp_path, index_url="https://u:${TOKEN}@packages.example/simple", find_links=("wheels",), cwd=tmp_path
    )
    assert project.resolution.index_url == "https://u:s3@packages.example/simple"
    assert project.resolution.find_links == (str(tmp_path / "wheels"),)


def test_no_run_executes_nothing(tmp_path: Path) -> None:
    project = load_one(tmp_path, run=False)
    assert (project.policy.run, project.policy.verify, project.runs) == (False, False, 0)


def test_every_setting_is_an_option_and_described() -> None:
    names = {setting.name.replace("-", "_") for setting in SETTINGS}
    assert names == set(Options.__dataclass_fields__) - {"handlers", "root", "cwd", "locking"}
    assert all(setting.help.endswith(".") and setting.kind.allowed for setting in (*SETTINGS, HANDLER))
