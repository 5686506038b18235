"""The package that `pip install .[api]` installs has all that the program needs, and needs nothing of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is in the wheel, made of a copy: building leaves things behind."""
    copy, made, folder = (tmp_path_factory.mktemp(name) for name in ("sources", "wheel", "installed"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("registries", "registry_api", "reports/contracts"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    words = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "-w",
        str(made),
        str(copy),
    ]
    subprocess.run(words, check=True, capture_output=True)
    [wheel] = made.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_wheel__given_an_empty_folder__migrates_a_database(installed: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "REGISTRY_API_DATABASE_URL": f"sqlite:///{tmp_path}/a.db",
    }
    words = [sys.executable, "-P", "-m", "registry_api"]
    done = subprocess.run(
        [*words, "migrate"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # With a database that is ready, what is missing is an address config.
    done = subprocess.run([*words, "serve"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "no address config" in done.stderr
    source = subprocess.run(
        [sys.executable, "-P", "-c", "import registry_api; print(registry_api.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert source.stdout.startswith(str(installed))


def test_wheel__names_the_command(installed: Path) -> None:
    [entry_points] = installed.glob("*.dist-info/entry_points.txt")
    assert "registry-api = registry_api.__main__:main" in entry_points.read_text(encoding="utf-8")
