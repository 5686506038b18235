"""What can go wrong while indexing, told apart by whether trying again helps.

IndexingError
  RetryableError    a connection, a timeout, a serialization failure: the same again may succeed
  FatalError        bad data, another chain, a broken rule: it will not
"""

from __future__ import annotations


class IndexingError(Exception):
    """Indexing cannot go on; the text names the value and the rule."""


class RetryableError(IndexingError):
    """It may succeed when tried again."""


class FatalError(IndexingError):
    """It will not succeed when tried again."""
