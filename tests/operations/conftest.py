"""What the tests of the API start with."""

from tests.api.conftest import postgresql, postgresql_url, world

__all__ = ["postgresql", "postgresql_url", "world"]
