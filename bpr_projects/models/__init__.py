"""A case from first draft to the end, its frozen texts, its figures and its OODA cycles."""

from bpr_projects.models.masters import (
    Area,
    Closure,
    NumberSeries,
    Principle,
    UnitPrice,
)
from bpr_projects.models.operation import (
    Bounds,
    Cycle,
    CycleEntry,
    Kpi,
    Measurement,
    Observation,
)
from bpr_projects.models.projects import (
    Attachment,
    Frozen,
    Participant,
    Project,
    ProjectGroupObjectPermission,
    ProjectQuerySet,
    ProjectUserObjectPermission,
    Revision,
    RevisionQuerySet,
    StageError,
    attachment_path,
    content_hash,
)

__all__ = [
    "Area",
    "Attachment",
    "Bounds",
    "Closure",
    "Cycle",
    "CycleEntry",
    "Frozen",
    "Kpi",
    "Measurement",
    "NumberSeries",
    "Observation",
    "Participant",
    "Principle",
    "Project",
    "ProjectGroupObjectPermission",
    "ProjectQuerySet",
    "ProjectUserObjectPermission",
    "Revision",
    "RevisionQuerySet",
    "StageError",
    "UnitPrice",
    "attachment_path",
    "content_hash",
]
