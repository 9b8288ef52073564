"""Fixtures of the tests about people and posts."""

from tests.fixtures_city import city

__all__ = ["city"]
