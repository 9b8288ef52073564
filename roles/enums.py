"""Codes of roles, appointments, scopes and the basis on which a person acts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a post is for. Roles meet permissions in ``grants.py`` and nowhere else."""

    STAFF = "STAFF", _("職員")
    DX_LEADER = "DX_LEADER", _("DX推進リーダー")
    SECTION_HEAD = "SECTION_HEAD", _("所属長")
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD", _("部長")
    PT_MEMBER = "PT_MEMBER", _("PT員")
    PT_CHAIR = "PT_CHAIR", _("PT長")
    HQ_MEMBER = "HQ_MEMBER", _("本部員")
    HQ_CHAIR = "HQ_CHAIR", _("本部長")
    SECRETARIAT = "SECRETARIAT", _("事務局")
    AUDITOR = "AUDITOR", _("監査")
    SYSTEM_ADMIN = "SYSTEM_ADMIN", _("システム管理者")


class AppointmentKind(models.TextChoices):
    """How a person holds a post; the power is the same, the label on the stamp differs."""

    MAIN = "MAIN", _("本務")
    CONCURRENT = "CONCURRENT", _("兼務")
    CARETAKER = "CARETAKER", _("事務取扱")
    PROVISIONAL = "PROVISIONAL", _("心得")


class SuspensionKind(models.TextChoices):
    """Why an appointed person does not act for a time."""

    LEAVE = "LEAVE", _("休職")
    PARENTAL = "PARENTAL", _("育休")


class Scope(models.TextChoices):
    """How far a permission reaches."""

    OWN_SECTION = "OWN_SECTION", _("自所属")
    ASSIGNED = "ASSIGNED", _("担当する案件")
    ALL = "ALL", _("全庁")


class Basis(models.TextChoices):
    """On what authority somebody acted."""

    OWN = "OWN", _("本人")
    ACTING = "ACTING", _("代決")
    STANDING = "STANDING", _("専決")
    DEPUTY = "DEPUTY", _("代理")


def role_choices() -> list[tuple[str, str]]:
    """Choices as a named callable: rewording a label makes no migration."""
    return [(role.value, str(role.label)) for role in Role]


def appointment_kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in AppointmentKind]


def suspension_kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in SuspensionKind]


def basis_choices() -> list[tuple[str, str]]:
    return [(basis.value, str(basis.label)) for basis in Basis]
