"""Read-only pages over people and posts. Changes go through the verbs, which the ledger records."""

from __future__ import annotations

from django.contrib import admin

from records.admin import ReadOnlyAdmin
from roles.models import (
    Absence,
    Appointment,
    Delegation,
    Department,
    Post,
    Section,
    StandIn,
    Suspension,
    User,
)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin[User]):
    """People. Neither password hashes nor Django's own permissions are shown."""

    list_display = ["employee_number", "family_name", "given_name", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["employee_number", "family_name", "given_name", "kana"]
    exclude = ["password", "groups", "user_permissions", "is_superuser"]


@admin.register(Department)
class DepartmentAdmin(ReadOnlyAdmin[Department]):
    """部."""

    list_display = ["order", "name", "is_independent"]


@admin.register(Section)
class SectionAdmin(ReadOnlyAdmin[Section]):
    """課等."""

    list_display = ["order", "name", "department", "phone", "starts_on", "ends_on"]
    list_select_related = ["department"]


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin[Post]):
    """Seats."""

    list_display = ["order", "title", "role", "section", "department", "starts_on", "ends_on"]
    list_filter = ["role"]
    list_select_related = ["section", "department"]
    search_fields = ["title", "code"]


@admin.register(StandIn)
class StandInAdmin(ReadOnlyAdmin[StandIn]):
    """代決の順序."""

    list_display = ["post", "order", "stand_in_post"]
    list_select_related = ["post", "stand_in_post"]


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin[Appointment]):
    """Who holds which post."""

    list_display = ["post", "person", "kind", "starts_on", "ends_on"]
    list_filter = ["kind", "post__role"]
    list_select_related = ["post", "person"]


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin[Suspension]):
    """休職・育休."""

    list_display = ["person", "kind", "starts_on", "ends_on"]
    list_select_related = ["person"]


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin[Absence]):
    """不在. Why somebody is away is for those who arrange the work, not for this list."""

    list_display = ["person", "starts_on", "ends_on", "recorded_by", "ended_at"]
    list_select_related = ["person", "recorded_by"]
    exclude = ["reason", "basis"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin[Delegation]):
    """代理."""

    list_display = ["post", "deputy", "starts_on", "ends_on", "made_by", "revoked_at"]
    list_select_related = ["post", "deputy", "made_by"]
