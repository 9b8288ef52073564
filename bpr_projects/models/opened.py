"""What the server remembers of forms that people have open in their browsers."""

from __future__ import annotations

from django.db import models

from bpr_projects.models.projects import Project
from roles.models import User


class OpenedForm(models.Model):
    """A form of a draft as it names itself, or one sending of it: what it has stored so far.

    ``version`` is the one that it saved last; 0 when another form went on with its text.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    page = models.CharField(max_length=32)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "page"], name="one_draft_an_opened_form")
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.project_id} {self.version}"
