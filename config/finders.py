"""What `collectstatic` gathers: the system's own files and those of the administration's pages."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder


class UsedFiles(AppDirectoriesFinder):
    """Without viewflow's files: no page uses them, and they name fonts that are not there."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """Give what is to be collected."""
        yield from super().list([*(ignore_patterns or ()), "viewflow"])
