"""Verifies a deployment by reading the chain: named checks, all of which run even when one fails.

Receipts prove little: registries with two arguments swapped have been deployed with every receipt a success.
"""

from __future__ import annotations

from registries.verification.check import CHECKS, Result, Status, failures, verify

__all__ = ["CHECKS", "Result", "Status", "failures", "verify"]
