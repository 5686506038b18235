"""The roles, from options or from a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from registries.address_config import DEFAULT_ADMIN_DELAY, Roles
from registries.errors import DeploymentError

_NAMES = {"admin": "--admin", "pauser": "--pauser", "registryAdmin": "--registry-admin", "adminDelay": "--admin-delay"}
"""Each name in a roles file, and the option in its place."""

_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--admin-delay", type=int, help=f"Seconds to hand the admin over.  [default: {DEFAULT_ADMIN_DELAY}]"),
    click.option("--registry-admin", help="Who may set the identity registry's base URI."),
    click.option("--pauser", help="Who may pause."),
    click.option("--admin", help="The default admin, e.g. a Safe."),
    click.option(
        "--roles",
        "roles_file",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"A JSON file with these instead: {', '.join(_NAMES)}.",
    ),
)


def role_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--roles, or --admin, --pauser, --registry-admin and --admin-delay: what {roles_of} takes."""
    for option in _OPTIONS:
        command = option(command)
    return command


def roles_of(
    *,
    roles_file: Path | None,
    admin: str | None,
    pauser: str | None,
    registry_admin: str | None,
    admin_delay: int | None,
    default: str | None = None,
) -> Roles:
    """The roles that are asked for.

    :param default: who gets a role that is given to nobody; without it each is required
    :raises DeploymentError: if one is missing, given twice, or the file is not as it should be
    """
    given = {"admin": admin, "pauser": pauser, "registryAdmin": registry_admin, "adminDelay": admin_delay}
    if roles_file is not None:
        if twice := [_NAMES[name] for name, value in given.items() if value is not None]:
            raise DeploymentError(f"roles: {', '.join(twice)} cannot go with --roles")
        given = _read(roles_file)
    missing = [_NAMES[name] for name in ("admin", "pauser", "registryAdmin") if given.get(name) is None]
    if missing and default is None:
        raise DeploymentError(f"roles: {', '.join(missing)} required")
    holders: list[Any] = [given.get(name) or default for name in ("admin", "pauser", "registryAdmin")]
    delay: Any = given.get("adminDelay")
    return Roles(
        admin=holders[0],
        pausers=(holders[1],),
        registry_admin=holders[2],
        admin_delay=DEFAULT_ADMIN_DELAY if delay is None else delay,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DeploymentError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise DeploymentError(f"{path}: it is to be an object with {', '.join(_NAMES)}")
    if unknown := content.keys() - _NAMES.keys():
        raise DeploymentError(f"{path}: {', '.join(sorted(unknown))} unknown; known are {', '.join(_NAMES)}")
    return content
