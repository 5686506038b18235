"""Verifies a deployment by reading the chain: named checks, all of which run even when one fails.

Receipts prove little: registries with two arguments swapped have been deployed with every receipt a success.
"""

from __future__ import annotations

from registries.verification.check import CHECKS, Result, Status, failures, verify

# Modules of checks enter them on import, in this order.
from registries.verification import wiring, code, interface, roles, simulation  # noqa: F401 isort: skip

__all__ = ["CHECKS", "Result", "Status", "failures", "verify"]
