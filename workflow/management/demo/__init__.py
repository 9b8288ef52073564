"""The sample city's cases: read from files, told by the real verbs."""

from workflow.management.demo.loading import load

__all__ = ["load"]
