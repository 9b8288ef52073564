"""Read-only pages over the records. The administrator sees, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.contrib import admin
from django.db import models

from records.models import BackgroundRun, LedgerEntry, LedgerText

if TYPE_CHECKING:
    from django.http import HttpRequest

M = TypeVar("M", bound=models.Model)


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """Neither add, nor change, nor delete, whoever asks. Other apps use it too."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin[LedgerEntry]):
    """The chain."""

    list_display = ["seq", "kind", "recorded_at", "hash"]
    list_filter = ["kind"]
    search_fields = ["=seq", "=hash"]
    ordering = ["-seq"]


@admin.register(LedgerText)
class LedgerTextAdmin(ReadOnlyAdmin[LedgerText]):
    """Which texts exist and which were disposed of. The words are read on the pages of a case."""

    list_display = ["entry", "name", "sha256", "blanked_at"]
    fields = ["entry", "name", "sha256", "blanked_at"]
    ordering = ["-entry"]


@admin.register(BackgroundRun)
class BackgroundRunAdmin(ReadOnlyAdmin[BackgroundRun]):
    """Long work and how it went."""

    list_display = ["kind", "subject", "state", "progress", "attempts", "error", "created_at"]
    list_filter = ["state", "kind"]
