"""The wheel carries what an installation runs: built, installed alone, imported from elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from cdp_assets.settings import PROJECT_ROOT
from resources.dbt_runner import make_manifest

pytestmark = pytest.mark.e2e
INSTALLED = (
    "cdp_assets",
    "resources",
    "sensors",
    "simulator",
    "query_layer",
    "migrations",
    "dbt_project",
)
UV = Path(sys.executable).parent / "uv"
_IMPORT = """
import cdp_assets.definitions, query_layer.app
from cdp_assets.settings import get_settings
print(cdp_assets.__file__, query_layer.__file__, get_settings().state_dir, sep="\\n")
print(len(list(cdp_assets.definitions.defs.resolve_all_asset_specs())))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of the wheel alone, which sees the libraries of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    make_manifest()
    source = folder / "source"
    for name in INSTALLED:
        shutil.copytree(
            PROJECT_ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "logs")
        )
    for name in ("pyproject.toml", "README.md"):
        shutil.copy2(PROJECT_ROOT / name, source / name)
    built = folder / "built"
    _uv("build", "--wheel", "--no-build-isolation", "--out-dir", str(built), str(source))
    (wheel,) = built.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    _uv("pip", "install", "--python", str(environment), "--no-deps", str(wheel))
    (_packages(environment) / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def test_every_file_of_the_checkout_that_runs_is_installed(environment: Path) -> None:
    packages = _packages(environment)
    absent = [
        str(name)
        for folder in INSTALLED
        for path in (PROJECT_ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "logs", "target"} & {*path.parts}
        if not (packages / (name := path.relative_to(PROJECT_ROOT))).exists()
    ]
    assert absent == []


def test_the_definitions_and_the_query_layer_load_outside_the_checkout(
    environment: Path, tmp_path: Path
) -> None:
    lines = _run(environment, tmp_path, "python", "-W", "ignore", "-c", _IMPORT).splitlines()
    assert [Path(line).is_relative_to(environment) for line in lines[:2]] == [True, True]
    assert Path(lines[2]) == tmp_path / ".cdp"  # not among the packages
    assert int(lines[3]) > 100


def test_the_command_runs_outside_the_checkout(environment: Path, tmp_path: Path) -> None:
    assert "migrate" in _run(environment, tmp_path, "cdp", "--help")
    assert "is up to date" in _run(environment, tmp_path, "cdp", "manifest")


def _packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))


def _uv(*arguments: str) -> None:
    subprocess.run(
        [UV, *arguments, "--quiet", "--offline"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "UV_PYTHON": sys.executable},
    )


def _run(environment: Path, folder: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [environment / "bin" / program, *arguments],
        check=True,
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    return done.stdout
