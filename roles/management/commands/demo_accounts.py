"""Print who can log in to the demo, by role."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from roles.enums import Role
from roles.models import Appointment


class Command(BaseCommand):
    """Reads the database: what it prints is true today."""

    help = "デモで使える職員番号を、役割ごとに表示します。"

    def handle(self, *args: Any, **options: Any) -> None:
        held = (
            Appointment.objects.effective(timezone.localdate())
            .exclude(post__role=Role.STAFF)
            .select_related("post", "person")
            .order_by("post__order", "person__employee_number")
        )
        by_role: dict[str, list[Appointment]] = {}
        for row in held:
            by_role.setdefault(row.post.role, []).append(row)
        for role in Role:
            if role in by_role:
                self.stdout.write(f"【{role.label}】")
            for row in by_role.get(role, []):
                person = row.person
                self.stdout.write(f"  {person.employee_number}  {person.name}  {row.post.title}")
