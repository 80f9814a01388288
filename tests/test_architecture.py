"""The house is built as ARCHITECTURE.md draws it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("harvest", "curate", "classify")


def modules() -> list[Path]:
    return [p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))]


def test_imports_go_down_the_staircase() -> None:
    """import-linter keeps every contract written in pyproject.toml."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_a_wrong_import_is_caught(tmp_path: Path) -> None:
    """The contracts are alive: one import upwards breaks them."""
    import shutil

    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    bad = tmp_path / "harvest" / "ledger" / "records.py"
    bad.write_text(bad.read_text() + "\nimport curate.settings\n")
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [lint, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "one staircase BROKEN" in done.stdout


def test_data_folders_hold_no_code() -> None:
    """`config/` and `datasets/` are data: no Python file lies there."""
    code = [p for name in ("config", "datasets") for p in (ROOT / name).rglob("*.py")]

    assert code == []


@pytest.mark.parametrize("name", ["config", "datasets", "tests"])
def test_data_folders_cannot_be_imported(name: str) -> None:
    """No folder of the repository answers to `import config`, `datasets` or `tests`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}; print({name}.__path__)"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert str(ROOT) not in done.stdout


def test_package_inits_are_empty() -> None:
    """Importing a package imports nothing else."""
    full = [p for p in modules() if p.name == "__init__.py" and p.read_text().strip()]

    assert full == []


HOMES = {
    "tweepy": ("harvest/sources/",),
    "pytumblr": ("harvest/sources/",),
    "ai_edge_litert": ("classify/",),
    "imagehash": ("harvest/ledger/fingerprint.py",),
    "rich": ("harvest/ledger/progress_bar.py",),
    "tensorflow": (),
    "pyarrow": ("curate/exports/table.py", "harvest/ledger/lists/"),
}


@pytest.mark.parametrize("library", sorted(HOMES))
def test_heavy_libraries_have_one_home(library: str) -> None:
    """A heavy library is imported in its one home only."""
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if library in _imported(node)
    }
    strangers = {user for user in users if not user.startswith(HOMES[library] or ("/",))}

    assert strangers == set()


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return {node.module.partition(".")[0]}
    return set()


def test_help_imports_nothing_heavy() -> None:
    """`winnow --help` answers without numpy, Pillow, aiohttp, pydantic or Rich."""
    code = (
        "import sys, winnow; code = winnow.main(['--help']);"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr);"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())

    assert "click" in loaded
    assert loaded.isdisjoint(
        {"numpy", "PIL", "aiohttp", "pydantic", "rich", "yaml", "tweepy", "scipy", "asyncio"}
    )


def test_architecture_names_the_rooms_there_are() -> None:
    """Every room that ARCHITECTURE.md names exists, and every room that exists is named."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:harvest|curate|classify)/[a-z0-9_]+)`", text))
    rooms = {
        f"{name}/{path.stem}"
        for name in PACKAGES
        for path in (ROOT / name).iterdir()
        if not path.stem.startswith(("_", "."))
    }

    assert named == rooms


def test_every_module_says_what_it_is() -> None:
    """The first line of every module is a sentence of its docstring."""
    mute = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert mute == []


def test_the_roof_is_low() -> None:
    """The roof decides nothing: it stays under 200 lines."""
    lines = (ROOT / "winnow.py").read_text().splitlines()

    assert len(lines) < 200


def test_files_stay_small() -> None:
    """No module is longer than 300 lines."""
    long = {str(p): n for p in modules() if (n := len(p.read_text().splitlines())) > 300}

    assert long == {}
