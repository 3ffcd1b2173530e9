"""Which files of a source root are candidates, which are refused, and which look like secrets."""

from dataclasses import replace
from pathlib import Path

import pytest

from slimpack.errors import InstallError
from slimpack.install.own_code import merged, own_code
from slimpack.install.secrets import refuse_secrets, secrets
from slimpack.model.project import (
    Budget,
    Layout,
    Output,
    Policy,
    Project,
    Requirements,
    Resolution,
    SourceKind,
)
from slimpack.model.target import Architecture, Target
from slimpack.model.tree import tree_of

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"


def project_of(root: Path, policy: Policy | None = None, *, output: str = "dist/app.zip") -> Project:
    path = root / output
    return Project(
        name="app",
        root=root,
        entry_points=(),
        requirements=Requirements(kind=SourceKind.NONE),
        resolution=Resolution(),
        target=Target(python=(3, 12), architecture=Architecture.X86_64, glibc=(2, 34)),
        policy=policy or Policy(),
        budget=Budget(),
        output=Output(layout=Layout.ZIP, path=path, report=path.with_suffix(".report.json")),
    )


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_modules_and_data_are_candidates_sorted(tmp_path: Path) -> None:
    write(tmp_path, "pkg/b.py", "app.py", "pkg/__init__.py", "data/t.json", "tests/test_app.py", ".env")
    tree = own_code(project_of(tmp_path))
    assert list(tree) == [".env", "app.py", "data/t.json", "pkg/__init__.py", "pkg/b.py", "tests/test_app.py"]
    assert tree["app.py"].content.read() == b"x = 1\n"
    assert tree["app.py"].owner == ""


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "__pycache__/app.cpython-312.pyc",
        "pkg/__pycache__/x.pyc",
        ".mypy_cache/x.py",
        ".tox/x.py",
        "node_modules/x/y.py",
        ".aws-sam/build/app.py",
        "cdk.out/asset/app.py",
        ".serverless/x.py",
        ".terraform/x.py",
        "app.egg-info/PKG-INFO",
        "dist/old.zip",
    ],
)
def test_what_is_never_code_is_no_candidate(tmp_path: Path, path: str) -> None:
    write(tmp_path, "app.py", path)
    assert list(own_code(project_of(tmp_path))) == ["app.py"]


@pytest.mark.parametrize("path", ["git/config.py", "cache/x.py", "build/x.py", "dist/__init__.py", "env/settings.py"])
def test_what_only_resembles_it_is_one(tmp_path: Path, path: str) -> None:
    write(tmp_path, "app.py", path)
    assert path in own_code(project_of(tmp_path))


@pytest.mark.parametrize("name", [".venv", "env", "somewhere/deep"])
def test_a_virtual_environment_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    write(tmp_path, "app.py", f"{name}/pyvenv.cfg", f"{name}/lib/python3.12/site-packages/lib.py")
    assert list(own_code(project_of(tmp_path))) == ["app.py"]


def test_a_root_that_is_itself_an_environment_is_still_a_root(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "pyvenv.cfg")
    assert "app.py" in own_code(project_of(tmp_path))


def test_the_output_is_no_candidate_but_its_folder_stays(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "pkg/app.zip", "pkg/app.report.json", "pkg/mod.py")
    assert list(own_code(project_of(tmp_path, output="pkg/app.zip"))) == ["app.py", "pkg/mod.py"]


def test_the_folder_of_an_unpacked_artifact_is_no_candidate(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "out/app.py")
    project = project_of(tmp_path, output="out")
    project = replace(project, output=replace(project.output, layout=Layout.DIRECTORY))
    assert list(own_code(project)) == ["app.py"]


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "app.py")
    (tmp_path / "locked.bin").write_bytes(b"x")
    (tmp_path / "locked.bin").chmod(0)
    tree = own_code(project_of(tmp_path))
    assert tree["locked.bin"].content.size == 1


def test_a_file_that_changes_meanwhile_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "app.py")
    tree = own_code(project_of(tmp_path))
    assert len(tree["app.py"].content.sha256) == 64
    write(tmp_path, "app.py", text="y = 2\n")
    with pytest.raises(InstallError, match="changed while it was being packaged"):
        tree["app.py"].content.read()


def test_the_executable_bit_is_the_owners(tmp_path: Path) -> None:
    write(tmp_path, "run.sh", "app.py")
    (tmp_path / "run.sh").chmod(0o700)
    (tmp_path / "app.py").chmod(0o664)
    tree = own_code(project_of(tmp_path))
    assert (tree["run.sh"].executable, tree["app.py"].executable) == (True, False)


def test_links_that_stay_inside_are_followed(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "shared/a.py")
    (tmp_path / "pkg").symlink_to("shared")
    (tmp_path / "b.py").symlink_to("app.py")
    assert list(own_code(project_of(tmp_path))) == ["app.py", "b.py", "pkg/a.py", "shared/a.py"]


def test_links_that_stay_inside_are_left_where_the_policy_says_so(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "shared/a.py")
    (tmp_path / "pkg").symlink_to("shared")
    assert list(own_code(project_of(tmp_path, Policy(follow_symlinks=False)))) == ["app.py", "shared/a.py"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "b/y.py")
    (tmp_path / "a/self").symlink_to("../a")
    (tmp_path / "a/other").symlink_to("../b")
    (tmp_path / "b/other").symlink_to("../a")
    assert {"a/x.py", "a/other/y.py", "b/other/x.py", "b/y.py"} == set(own_code(project_of(tmp_path)))


def test_unwanted_links_out_or_to_nothing_are_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "app.py")
    write(tmp_path, "elsewhere/lib.py")
    (root / "lib").symlink_to("../elsewhere")
    (root / "gone.json").symlink_to("nowhere")
    assert list(own_code(project_of(root))) == ["app.py"]


@pytest.mark.parametrize(
    ("text", "include"),
    [
        ("import lib\n", ()),
        ("from lib.lib import x\n", ()),
        ("    import lib as l\n", ()),
        ("", ("lib/*.py",)),
        ("", ("lib",)),
    ],
)
def test_a_wanted_link_out_is_an_error(tmp_path: Path, text: str, include: tuple[str, ...]) -> None:
    root = tmp_path / "root"
    write(root, "app.py", text=text)
    write(tmp_path, "elsewhere/lib.py")
    (root / "lib").symlink_to("../elsewhere")
    with pytest.raises(InstallError, match="lib is a link that leads out of the source root, and"):
        own_code(project_of(root, Policy(include=include)))


def test_an_included_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "app.py")
    (tmp_path / "data.json").symlink_to("nowhere")
    with pytest.raises(InstallError, match="link to nothing, and include names it"):
        own_code(project_of(tmp_path, Policy(include=("*.json",))))


def test_own_modules_win_and_other_own_files_take_nobodys_place() -> None:
    tree = tree_of({"lib/__init__.py": "theirs", "lib/data.json": "theirs", "six.py": "theirs"}, owner="lib")
    own = tree_of({"app.py": "", "lib/__init__.py": "own", "lib/data.json": "own", "lib": "own", "six.py/x": "own"})
    together = merged(tree, own)
    assert list(together) == ["app.py", "lib/__init__.py", "lib/data.json", "six.py"]
    assert together["lib/__init__.py"].content.read() == b"own"
    assert together["lib/data.json"].content.read() == b"theirs"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", "A=1"),
        ("conf/.env.production", "A=1"),
        ("id_rsa", "x"),
        ("id_ed25519_deploy", "x"),
        ("cert.p12", "x"),
        ("tls.pem", KEY),
        ("server.key", KEY),
        (".npmrc", "//registry.example/:_authToken=abc"),
        (".pypirc", "[pypi]\nusername = x\npassword = y\n"),
        (".netrc", "machine a login b password c"),
        (".aws/credentials", "[default]\naws_secret_access_key = abc\n"),
        ("account.json", '{"type": "service_account", "private_key": "-----BEGIN"}'),
    ],
)
def test_secrets_are_seen(path: str, text: str) -> None:
    tree = tree_of({path: text, "app.py": ""})
    assert [problem.where for problem in secrets(tree)] == [path]
    assert secrets(tree, (path,)) == ()
    with pytest.raises(InstallError, match="looks like a secret"):
        refuse_secrets(tree, allowed=())
    assert [(finding.code, finding.where) for finding in refuse_secrets(tree, allowed=(path,))] == [("SLP070", path)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.example", "A="),
        ("environment.py", "A = 1"),
        ("id_rsa.pub", "ssh-rsa AAAA"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----"),
        ("public.key", "-----BEGIN PUBLIC KEY-----"),
        (".npmrc", "registry=https://registry.example\n_authToken=${TOKEN}\n"),
        ("credentials", "[default]\nregion = x\n"),
        ("credentials.py", "class Credentials: ..."),
        ("schema.json", '{"properties": {"private_key": {"type": "string"}}}'),
        ("broken.json", '{"private_key": '),
    ],
)
def test_what_only_resembles_a_secret_may_ship(path: str, text: str) -> None:
    assert secrets(tree_of({path: text})) == ()


def test_files_of_distributions_are_their_publishers_business() -> None:
    assert secrets(tree_of({"lib/tests/test.key": KEY}, owner="lib")) == ()
