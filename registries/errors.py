"""What goes wrong with a deployment."""

from __future__ import annotations


class DeploymentError(RuntimeError):
    """A deployment was refused, failed, or is not what it should be; the text says what and why."""
