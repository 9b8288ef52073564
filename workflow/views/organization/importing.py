"""異動の取込み: a list is sent in, its effect is shown, and confirmed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bpr_projects import calendar
from roles.enums import AppointmentKind
from roles.models import PersonnelFile, Post
from workflow.actions import personnel
from workflow.actions.personnel.applying import kept_lines
from workflow.actions.personnel.planning import sentences
from workflow.views.lookup import person_of
from workflow.views.organization.frame import must_edit
from workflow.views.organization.looking import LARGEST

if TYPE_CHECKING:
    from django.http import HttpRequest

    from workflow.actions.personnel import Plan

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_SHOWN: Final = 500


class FileForm(forms.Form):
    """The list."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("異動のファイル"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=gettext_lazy("Excel（xlsx、マクロなし）かCSV。10,000行、5MBまで。"),
        error_messages={"required": gettext_lazy("ファイルを選んでください。")},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The form, with what was applied lately."""
    must_edit(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                kept = personnel.keep_file(
                    form.cleaned_data["file"], by=person_of(request), at=now()
                )
            except personnel.Unreadable as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect("org-import-plan", kept.pk)
    applied = PersonnelFile.objects.exclude(applied_at=None).select_related("uploaded_by")
    context = {
        "form": form,
        "now": now(),
        "columns": personnel.COLUMNS,
        "applied": applied.order_by("-applied_at", "-pk")[:10],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workflow/organization/import.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """What the list would change; POST does exactly that, or nothing."""
    must_edit(request)
    if pk > LARGEST:
        raise Http404
    kept = get_object_or_404(PersonnelFile.objects.select_related("uploaded_by"), pk=pk)
    if request.method != "POST":
        return _shown(request, kept, _planned(kept))
    digest = request.POST.get("digest", "")
    try:
        done = personnel.apply_file(file=kept, digest=digest, by=person_of(request), at=now())
    except personnel.AlreadyApplied as refusal:
        messages.info(request, str(refusal))
        return redirect("org-import-plan", kept.pk)
    except personnel.PlanChanged as refusal:
        return _shown(request, kept, refusal.plan, refused=str(refusal))
    except ValidationError as refusal:
        return _shown(request, kept, _planned(kept), refused=" ".join(refusal.messages))
    words = _("%(name)s を反映しました（変更 %(n)s件）。")
    messages.success(request, words % {"name": kept.name, "n": len(done.changes)})
    return redirect("org-changes")


def _planned(kept: PersonnelFile) -> Plan | None:
    """Of a list that was applied nothing is planned any more."""
    if kept.applied_at is not None:
        return None
    return personnel.plan_of(kept_lines(kept), today=localdate(now()))


def _shown(
    request: HttpRequest, kept: PersonnelFile, planned: Plan | None, *, refused: str = ""
) -> HttpResponse:
    changes = planned.changes if planned else []
    context: dict[str, Any] = {
        "kept": kept,
        "plan": planned,
        "now": now(),
        "changes": [(each, str(AppointmentKind(each.kind).label)) for each in changes[:MOST_SHOWN]],
        "unshown": max(len(changes) - MOST_SHOWN, 0),
        "errors": sentences(planned.errors[:MOST_SHOWN]) if planned else [],
        "refused": refused,
    }
    status = 409 if refused else 200
    return render(request, "workflow/organization/import_plan.html", context, status=status)


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """An empty list with its columns, and every post that there is."""
    must_edit(request)
    response = HttpResponse(_workbook(localdate(now())), content_type=XLSX)
    response.headers["Content-Disposition"] = 'attachment; filename="transfer-list.xlsx"'
    return response


def _workbook(today: Any) -> bytes:
    """Texts are written as texts: nothing that somebody named begins a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8F1FE"})
        sheet = book.add_worksheet("異動")
        for column, head in enumerate(personnel.COLUMNS):
            sheet.write_string(0, column, head, bold)
        sheet.set_column(0, len(personnel.COLUMNS) - 1, 22)
        sheet.freeze_panes(1, 0)
        kinds = [str(each.label) for each in AppointmentKind]
        sheet.data_validation(
            1, 5, 10_000, 5, {"validate": "list", "source": kinds, "ignore_blank": True}
        )
        posts = book.add_worksheet("職の一覧")
        for column, head in enumerate(("職", "コード", "課等")):
            posts.write_string(0, column, head, bold)
        rows = Post.objects.in_force(today).select_related("section").order_by("order", "pk")
        for number, post in enumerate(rows, 1):
            place = post.section.name if post.section else ""
            for column, text in enumerate((post.title, post.code, place)):
                posts.write_string(number, column, text)
        posts.set_column(0, 2, 30)
        notes = book.add_worksheet("書き方")
        for number, text in enumerate(_notes(today)):
            notes.write_string(number, 0, text)
        notes.set_column(0, 0, 100)
    return content.getvalue()


def _notes(today: Any) -> list[str]:
    return [
        _("1人について、発令日から就く職を、職ごとに1行ずつ書きます（兼務は行を分けます）。"),
        _("書かれた職員がいま就いていて、ファイルにない職は、発令日の前日で終わります。"),
        _("離れる方は、職の欄に「退職」と書きます。書かれていない職員は変わりません。"),
        _("区分が空なら本務になります。発令日は「%s」「R9.4.1」「2027/4/1」のように書きます。")
        % calendar.plain_day(today),
        _("まだ登録のない職員番号は、新しい職員として登録します（氏名の間を空け、メールも書く）。"),
    ]
