#!/usr/bin/env python3
"""Install everything this project needs into its own folder; `make setup` and every other target run it first.

With the name of a part, `proofs` or `analysers`: only what that needs beside, into an environment of its own. With
`servers`: the programs that tests start, from Debian's packages where that is allowed.
Standard library only, and in syntax that an old Python 3 reads, so that it lives to name what is too old. A folder that
is what the lock files ask for costs a few file reads; an install that was interrupted is made anew.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"

OLDEST_PYTHON = (3, 11)
# See requires-python in pyproject.toml.
TOO_NEW_PYTHON = (3, 13)
OLDEST_NODE = 20
FOUNDRY = "v1.7.1"
# Each in an environment of its own, because its pins conflict with ours.
PARTS = ("proofs", "analysers")

# Programs that tests start, and the Debian packages that have them. PostgreSQL comes from PyPI.
SERVERS = {
    "redis-server": "redis-server",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "nginx": "nginx-light",
}

# Written last, so without it the install never finished. It holds a digest of all that the install was made from.
STAMP = ".setup-stamp"


class SetupError(Exception):
    """What the user has to change, in words."""


def main(parts: "list[str]") -> None:
    unknown = [part for part in parts if part not in (*PARTS, "servers")]
    if unknown:
        raise SetupError(f"{unknown[0]} is no part to install: give nothing, or one of {', '.join(PARTS)}, servers")
    python = usable_python()
    for part in parts:
        if part == "servers":
            install_servers()
            continue
        install_python_packages(python, ROOT / f".venv-{part}", f"requirements-{part}.lock")
    if parts:
        return
    check_node()
    install_python_packages(python, ROOT / ".venv", "requirements.lock")
    install_node_packages()
    check_foundry()


# PYTHON


def usable_python() -> str:
    if OLDEST_PYTHON <= sys.version_info[:2] < TOO_NEW_PYTHON:
        return sys.executable
    for minor in range(TOO_NEW_PYTHON[1] - 1, OLDEST_PYTHON[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        # A version manager's shim is on PATH even where it has no such Python to start.
        if other and output_of([other, "-c", "import sys; print(sys.version_info[1])"]) == str(minor):
            return other
    raise SetupError(
        f"Python {dotted(OLDEST_PYTHON)} or newer, below {dotted(TOO_NEW_PYTHON)}, is needed, "
        f"but {sys.executable} is {dotted(sys.version_info[:3])} and PATH has no other.\n"
        "Install one, or name it: make setup PYTHON=/path/to/python3.12"
    )


def install_python_packages(python: str, venv: Path, lock: str) -> None:
    # The scripts of a virtual environment hold its path: one that was moved or copied has to be made anew.
    made_from = digest([ROOT / lock], str(venv))
    venv_python = venv / "bin" / "python"
    if is_stamped(venv, made_from) and venv_python.exists():
        return
    remove_stamp(venv)
    step(f"Creating {venv.name}", [python, "-m", "venv", "--clear", str(venv)])
    pip_install = [str(venv_python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    step(
        f"Installing the Python packages of {lock} (about a minute)",
        # The lock is complete: --no-deps spares pip the work of finding that out.
        [*pip_install, "--no-deps", "--require-hashes", "--requirement", lock],
    )
    write_stamp(venv, made_from)


# NODE


def check_node() -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise SetupError(
                f"{program} is not on PATH. Node.js {OLDEST_NODE} or newer is needed, with its npm: https://nodejs.org"
            )
    version = output_of(["node", "--version"])
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major.group(1)) < OLDEST_NODE:
        found = f"{shutil.which('node')} is {version or 'mute'}"
        raise SetupError(f"Node.js {OLDEST_NODE} or newer is needed, but {found}.")


def install_node_packages() -> None:
    made_from = digest([ROOT / name for name in ("package-lock.json", "package.json", ".npmrc")])
    if is_stamped(NODE_MODULES, made_from):
        return
    remove_stamp(NODE_MODULES)
    step("Installing the Node packages of package-lock.json", ["npm", "ci", "--no-progress", "--loglevel=error"])
    write_stamp(NODE_MODULES, made_from)


def check_foundry() -> None:
    """Npm has anvil and forge for some platforms only; on the others they have to be on PATH."""
    path = os.pathsep.join([str(NODE_MODULES / ".bin"), os.environ.get("PATH", "")])
    missing = [program for program in ("anvil", "forge") if shutil.which(program, path=path) is None]
    if missing:
        raise SetupError(
            f"{' and '.join(missing)} not found, and npm has no package for this platform.\n"
            f"Install Foundry {FOUNDRY}, then run this again:\n"
            "  curl -L https://foundry.paradigm.xyz | bash\n"
            f"  foundryup --install {FOUNDRY}"
        )


# SERVERS


def install_servers() -> None:
    # Debian keeps servers where only root looks for them.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    missing = {program: package for program, package in SERVERS.items() if shutil.which(program, path=path) is None}
    if not missing:
        return
    may = shutil.which("apt-get") is not None and os.geteuid() == 0
    if not may:
        print(
            f"{', '.join(missing)} not found: tests that need it are skipped.\n"
            f"  On Debian or Ubuntu: sudo apt-get install {' '.join(missing.values())}"
        )
        return
    # Installed to be started by tests: not by the system, at the port that others may use.
    os.environ.update(DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    step("Refreshing Debian's lists of packages", ["apt-get", "update", "-qq"])
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    step(f"Installing {', '.join(missing.values())}", [*install, *missing.values()])


# RUNNING AND STAMPING


def step(title: str, command: "list[str]") -> None:
    print(f"{title} ...", flush=True)
    start = time.monotonic()
    done = subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        raise SetupError(f"exit status {done.returncode} from: {' '.join(command)}")
    print(f"  {time.monotonic() - start:.1f} s", flush=True)


def output_of(command: "list[str]") -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode(errors="replace").strip()


def digest(files: "list[Path]", *texts: str) -> str:
    sha = hashlib.sha256()
    for content in [file.read_bytes() for file in files] + [text.encode() for text in texts]:
        sha.update(len(content).to_bytes(8, "big") + content)
    return sha.hexdigest()


def is_stamped(folder: Path, made_from: str) -> bool:
    try:
        return (folder / STAMP).read_text() == made_from
    except OSError:
        return False


def remove_stamp(folder: Path) -> None:
    if (folder / STAMP).exists():
        (folder / STAMP).unlink()


def write_stamp(folder: Path, made_from: str) -> None:
    draft = folder / f"{STAMP}.draft"
    draft.write_text(made_from)
    draft.replace(folder / STAMP)


def dotted(version: "tuple[int, ...]") -> str:
    return ".".join(str(number) for number in version)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run it again")
