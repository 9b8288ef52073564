"""決裁票: the page to print, and the PDF that a worker makes from it or says why not."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bpr_projects.models import Project
from records.actions import claim, heartbeat, sweep
from records.models import BackgroundRun
from tests.make import AT, a_draft, a_project, say, walk
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision
from workflow.views import kessai

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def adopted() -> Project:
    project = a_project(to=StepKind.DECISION)
    say(
        project,
        Outcome.ADOPTED_WITH_CONDITIONS,
        conditions=(("予算成立を条件とする", "ZAISEI", "2027-03-31"),),
    )
    return Project.objects.get(pk=project.pk)


def work() -> int:
    return sweep(worker="here", clock=timezone.now)


# --- the paper -----------------------------------------------------------------------------


def test_the_paper_says_what_was_decided_by_whom_and_how_to_check_it(adopted: Project) -> None:
    final = Decision.objects.get(outcome=Outcome.ADOPTED_WITH_CONDITIONS)

    page = text_of(client_of("AUDITOR").get(f"/p/{adopted.number}/kessai/"))

    assert "件名：<b>書かない窓口</b>" in page
    assert (
        f"条件付き採択</b>　令和8年5月11日（月）　本部長（副市長）　{final.decided_by.name}" in page
    )
    assert "予算成立を条件とする（財政課・令和9年3月31日（水）まで）" in page
    assert "80点（6人）" in page
    assert "支出は別途、財務規則の手続による。" in page
    assert kessai.grouped(final.entry.hash) in page
    assert final.entry.hash[:4].upper() + "-" in page


def test_a_paper_before_the_decision_says_so() -> None:
    project = a_project(to=StepKind.DECISION)

    page = text_of(client_of("HQ-CHAIR").get(f"/p/{project.number}/kessai/"))

    assert "未決裁" in page
    assert "記録照合番号" not in page
    assert "PDFで受け取る" not in page


def test_a_draft_has_no_paper() -> None:
    draft = a_draft()

    assert client_of("LEADER-SHIMIN").get(f"/p/{draft.reference}/kessai/").status_code == 404


def test_the_paper_costs_few_queries(adopted: Project) -> None:
    client = client_of("AUDITOR")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/p/{adopted.number}/kessai/")

    assert len(queries) <= 12


def test_a_long_route_takes_a_row_of_its_own_on_the_paper() -> None:
    project = a_project(to=StepKind.OBSERVE, route="RT4")

    page = text_of(client_of("AUDITOR").get(f"/p/{project.number}/kessai/"))

    assert 'class="kessai kessai--wide"' in page


# --- the PDF -------------------------------------------------------------------------------


def test_the_pdf_is_asked_for_made_by_a_worker_and_downloaded(adopted: Project) -> None:
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"

    assert "PDFはまだ作られていません。" in text_of(client.get(address))
    assert client.post(address)["Location"] == address
    assert client.post(address).status_code == 302
    waiting = BackgroundRun.objects.get()
    page = text_of(client.get(address))
    assert "PDFを作っています" in page
    assert 'hx-trigger="every 3s"' in page

    assert work() == 1
    response = client.get(address)

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        f'attachment; filename="kessai-{adopted.number}.pdf"'
    )
    assert response.getvalue()[:5] == b"%PDF-"
    waiting.refresh_from_db()
    assert waiting.progress == 100
    assert client.post(address).status_code == 302
    assert BackgroundRun.objects.count() == 1


def test_the_page_that_waits_ends_with_a_link_and_stops_asking(adopted: Project) -> None:
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"
    client.post(address)
    work()

    page = text_of(client.get(address, headers={"HX-Request": "true"}))

    assert 'id="pdf-state"' in page
    assert "PDFができました" in page
    assert f'<a class="btn btn--primary" href="{address}">' in page
    assert 'hx-trigger="every' not in page
    assert client.get(address).getvalue()[:5] == b"%PDF-"


def test_only_a_decided_case_has_a_pdf_and_only_for_its_readers(adopted: Project) -> None:
    undecided = a_project(to=StepKind.DECISION)
    Project.objects.filter(pk=adopted.pk).update(is_confidential=True)

    client = client_of("LEADER-ZEIMU")
    assert client.get(f"/p/{adopted.number}/kessai.pdf").status_code == 404
    assert client.post(f"/p/{adopted.number}/kessai.pdf").status_code == 404
    assert client_of("HQ-CHAIR").post(f"/p/{undecided.number}/kessai.pdf").status_code == 404
    assert BackgroundRun.objects.count() == 0


def test_without_pango_the_reason_is_said_and_the_page_serves(
    adopted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"
    client.post(address)
    work()

    page = text_of(client.get(address))

    assert "PDF未作成（PDFを作る部品（pango）が、このサーバーにありません。）" in page
    assert "時間をおいて、もう一度作ります。" in page
    assert client.get(f"/p/{adopted.number}/kessai/").status_code == 200


def test_after_the_last_attempt_the_pdf_can_be_asked_for_again(adopted: Project) -> None:
    final = Decision.objects.get(outcome=Outcome.ADOPTED_WITH_CONDITIONS)
    BackgroundRun.objects.create(
        kind=kessai.PDF,
        subject=kessai.subject_of(final),
        owner_id=1,
        state="FAILED",
        error="GlyphsMissing",
        created_at=AT,
        due_at=AT,
    )
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"

    page = text_of(client.get(address))
    client.post(address)

    assert "PDF未作成（このサーバーの書体に、決裁票の文字の一部がありません。）" in page
    assert "PDFを作る" in page
    assert BackgroundRun.objects.filter(state="QUEUED").count() == 1


def test_characters_that_no_font_has_make_no_paper_with_holes() -> None:
    with pytest.raises(kessai.GlyphsMissing):
        kessai.pdf_of("<p>\U0010fffd</p>")


def test_a_paper_fetches_nothing_from_anywhere() -> None:
    with pytest.raises(ValueError, match=r"file:///etc/hostname"):
        kessai._fetch_nothing("file:///etc/hostname")


def test_a_failure_of_another_kind_is_said_in_general() -> None:
    assert kessai.reason_of(BackgroundRun(error="MemoryError")) == "作成中に問題が起きました。"
    assert kessai.reason_of(BackgroundRun()) == ""


def test_a_file_that_is_gone_is_not_found(adopted: Project) -> None:
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"
    client.post(address)
    work()
    BackgroundRun.objects.update(result_path="kessai/gone.pdf")

    assert client.get(address).status_code == 404


def test_the_progress_of_the_worker_is_on_the_page(adopted: Project) -> None:
    client = client_of("AUDITOR")
    address = f"/p/{adopted.number}/kessai.pdf"
    client.post(address)

    run = claim(worker="here", at=timezone.now())
    assert run is not None
    heartbeat(run, progress=40, at=timezone.now())

    assert "40%" in text_of(client.get(address))


def test_the_way_of_a_rejected_case_is_on_its_paper() -> None:
    project = a_project(to=StepKind.DECISION)
    say(project, Outcome.NOT_ADOPTED, comment="他の手続と重なるため。")
    walk(project)

    page = text_of(client_of("AUDITOR").get(f"/p/{project.number}/kessai/"))

    assert "不採択</b>" in page
    assert "他の手続と重なるため。" in page
