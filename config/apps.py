"""What `collectstatic` gathers: the system's own files and those of the administration's pages."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Without viewflow's files: no page uses them, and they name fonts that are not there."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "viewflow"]
