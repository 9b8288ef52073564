"""Proposing: drafts that are kept, the confirmation, the one submit, and the way back."""

from __future__ import annotations

from datetime import datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Field, MultipleChoiceField
from django.test import override_settings
from django.urls import reverse
from guardian.shortcuts import assign_perm

from bpr_projects import actions as cases
from bpr_projects import sheet
from bpr_projects.enums import Stage
from bpr_projects.models import Project
from roles.models import Section, User
from tests.make import (
    JST,
    ROUTES,
    SHEET,
    a_delegation,
    a_draft,
    a_project,
    holder,
    resubmit,
    say,
    submit,
    the_slot,
    withdraw,
)
from workflow import engine
from workflow.actions.refusals import Busy, Unanswered
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Run
from workflow.views.drafting import form_for, lists_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

NOW = datetime(2026, 5, 20, 10, 42, tzinfo=JST)
TYPED = {
    "title": "書かない窓口",
    "area": "P2",
    "problem": "同じ住所を何度も書いていただいている。",
    "reform": "聞き取りで申請書を作る。",
    "volume": "２，０００",  # noqa: RUF001 -- as an input method types it
    "minutes_before": "42",
    "minutes_after": "25",
    "cost": "0",
    "budget_measure": "NONE",
    "starts_on": "R8.7.1",
    "ends_on": "令和9年3月31日",
    "trigger": "HEARING",
    "users": "転入する世帯",
    "evidence": "発券機の記録。",
    "evidence_kind": "MEASURED",
    "simplify": ["MERGE"],
    "tool": "T-CARD",
    "reallocation": "CITIZENS",
    "principles-N1": "書く負担をなくす。",
    "kpis-0-name": "平均手続時間",
    "kpis-0-unit": "分",
    "kpis-0-baseline": "42",
    "kpis-0-target": "25",
    "kpis-0-target_on": "2027/3/31",
    "kpis-0-source": "発券機の記録",
}
"""A complete sheet as somebody types it."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def login(client: Client, code: str = "LEADER-SHIMIN") -> Client:
    client.force_login(holder(code))
    return client


def url(project: Project, name: str = "project-edit") -> str:
    return reverse(name, args=[project.reference])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def told(response: Any) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request)]


def save(client: Client, project: Project, **typed: Any) -> Any:
    version = Project.objects.get(pk=project.pk).draft_version
    return client.post(url(project), {"draft_version": version, **typed})


def send(client: Client, project: Project, **data: Any) -> Any:
    version = Project.objects.get(pk=project.pk).draft_version
    return client.post(url(project, "project-confirm"), {"draft_version": version, **data})


def attach(client: Client, project: Project, name: str, **typed: Any) -> Any:
    file = SimpleUploadedFile(name, "件名,件数".encode("cp932"))
    with TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        return client.post(url(project, "attachment-add"), {"file": file, **typed})


# --- a new one -------------------------------------------------------------------------------


def test_a_leader_proposes_for_the_own_section(client: Client, office: City) -> None:
    page = text_of(login(client).get(reverse("project-new")))
    response = client.post(reverse("project-new"), {**TYPED, "section": "ZEIMU"})

    project = Project.objects.get()
    assert "所管課：市民課" in page
    assert 'name="section"' not in page
    assert project.section == office.section("SHIMIN")
    assert response["Location"] == url(project)
    assert project.sheet == {**SHEET, **project.sheet}
    assert told(response) == ["10:42 に下書きを保存しました。"]


def test_opening_the_form_writes_nothing(client: Client, office: City) -> None:
    login(client).get(reverse("project-new"))

    assert not Project.objects.exists()


@pytest.mark.parametrize("code", ["SECRETARIAT", "PT-FUKUSHI"])
def test_others_name_the_section(client: Client, office: City, code: str) -> None:
    post = office.post(code).pk
    page = text_of(login(client, code).get(reverse("project-new"), {"post": post}))
    client.post(reverse("project-new"), {**TYPED, "section": "ZEIMU", "post": post})

    project = Project.objects.get()
    assert 'name="section"' in page
    assert (project.section, project.proposer_post.code) == (office.section("ZEIMU"), code)


def test_several_posts_are_asked_which(client: Client, office: City) -> None:
    user = holder("LEADER-SHIMIN")
    a_delegation(post=office.post("PT-SANGYO"), deputy=user)
    page = text_of(login(client).get(reverse("project-new")))
    chosen = office.post("PT-SANGYO").pk

    assert "どの立場で提案しますか" in page
    assert f"?post={chosen}" in page
    assert 'name="title"' in text_of(client.get(reverse("project-new"), {"post": chosen}))


def test_foreign_post_is_not_taken(client: Client, office: City) -> None:
    post = office.post("SECRETARIAT").pk

    response = login(client).post(reverse("project-new"), {**TYPED, "post": post})

    assert response.status_code == 200
    assert not Project.objects.exists()


def test_who_may_not_propose_learns_who_may(client: Client, office: City) -> None:
    response = login(client, "HEAD-SHIMIN").get(reverse("project-new"))

    assert response.status_code == 403
    assert "DX推進リーダー" in text_of(response)


def test_a_double_click_makes_one_draft(client: Client, office: City) -> None:
    login(client)
    first = client.post(reverse("project-new"), TYPED)
    second = client.post(reverse("project-new"), TYPED)

    assert first["Location"] == second["Location"]
    assert Project.objects.count() == 1


def test_what_cannot_be_read_comes_back_unsaved(client: Client, office: City) -> None:
    response = login(client).post(reverse("project-new"), {**TYPED, "volume": "たくさん"})

    assert response.status_code == 422
    assert "整数で入力してください" in text_of(response)
    assert "たくさん" in text_of(response)
    assert not Project.objects.exists()


# --- writing ---------------------------------------------------------------------------------


def everything(field: Field) -> str | list[str]:
    """Every box marked, or a line begun."""
    if not isinstance(field, MultipleChoiceField):
        return "1"
    choices: Any = field.choices
    return [str(code) for code, _label in choices]


def test_the_fullest_sheet_is_kept(client: Client, office: City) -> None:
    draft = a_draft()
    rows = {
        f"{spec.name}-{index}-{cell.name}": "1"
        for spec in sheet.FIELDS
        for index in range(spec.most if spec.kind == sheet.Kind.ROWS else 0)
        for cell in spec.columns
    }
    form = form_for(draft.proposer_post, lists_for(draft, NOW), data=rows)
    typed = {name: everything(field) for name, field in form.fields.items()}
    sent = sum(len(each) if isinstance(each, list) else 1 for each in typed.values())

    response = save(login(client), draft, **typed)

    assert (sent > 300, response.status_code) == (True, 422)
    assert set(response.context["form"].data) >= typed.keys()


def test_an_unfinished_draft_is_kept(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)

    response = save(client, draft, title="名前だけ")

    draft.refresh_from_db()
    assert response.status_code == 302
    assert draft.title == "名前だけ"
    assert draft.sheet["volume"] is None
    assert "未入力" in text_of(client.get(url(draft)))


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("calc", "/edit/#effect"),
        ("route", "/edit/#route"),
        ("confirm", "/confirm/"),
        ("save", "/edit/"),
    ],
)
def test_buttons_lead_on(client: Client, office: City, action: str, target: str) -> None:
    draft = a_draft()
    login(client)

    assert save(client, draft, **TYPED, action=action)["Location"].endswith(target)


def test_closing_leads_home(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)

    assert save(client, draft, **TYPED, action="close")["Location"] == reverse("home")


def test_effect_is_calculated_without_a_script(client: Client, office: City) -> None:
    draft = a_draft(cost=680_000, budget_measure="INITIAL")
    page = text_of(login(client).get(url(draft)))

    assert '<output data-calc-out="hours" data-unit="時間">567時間の減</output>' in page
    assert '<output data-calc-out="yen" data-unit="千円">1,417.5千円の減</output>' in page
    assert '<output data-calc-out="years" data-unit="年">0.5年</output>' in page


def test_stale_form_loses_nothing(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)
    save(client, draft, **{**TYPED, "reform": "別の画面で書いた文章"})

    response = client.post(
        url(draft), {**TYPED, "draft_version": draft.draft_version, "reform": "この画面の文章"}
    )

    page = text_of(response)
    assert response.status_code == 409
    assert "別の画面で書いた文章" in page
    assert "この画面の文章" in page
    assert "10:42 に別の画面で保存されています" in page


@pytest.mark.parametrize(("keep", "text"), [("mine", "この画面の文章"), ("theirs", "別の画面")])
def test_the_person_chooses_between_two_texts(
    client: Client, office: City, keep: str, text: str
) -> None:
    draft = a_draft()
    login(client)
    save(client, draft, **{**TYPED, "reform": "別の画面"})

    save(client, draft, **{**TYPED, "reform": "この画面の文章", "keep-reform": keep})

    draft.refresh_from_db()
    assert draft.sheet["reform"] == text


def test_equal_save_is_no_conflict(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)
    save(client, draft, **TYPED)
    after = Project.objects.get().draft_version

    response = client.post(url(draft), {**TYPED, "draft_version": "1"})

    assert response.status_code == 302
    assert Project.objects.get().draft_version == after


def test_drafts_of_others_are_404(client: Client, office: City) -> None:
    draft = a_draft()

    for code in ("LEADER-ZEIMU", "HEAD-SHIMIN", "SECRETARIAT", "HQ-CHAIR"):
        login(client, code)
        assert client.get(url(draft)).status_code == 404
        assert client.get(url(draft, "project-confirm")).status_code == 404
        assert client.post(url(draft), TYPED).status_code == 404
        assert client.post(url(draft, "project-confirm")).status_code == 404


@pytest.mark.parametrize(
    "ref",
    [
        "draft-0",
        "draft-x",
        "draft-",
        "draft-" + "9" * 30,
        "draft-%00",
        "R8-999",
        "R8-001%00",
        "%00",
    ],
)
def test_addresses_of_nowhere_are_404(client: Client, office: City, ref: str) -> None:
    a_project()

    login(client)

    assert client.get(f"/p/{ref}/edit/").status_code == 404
    assert client.get(f"/p/{ref}/").status_code == 404


def test_a_shared_seat_writes_together(client: Client, office: City) -> None:
    draft = a_draft(post="SECRETARIAT", section="ZEIMU")
    colleague = office.holders("SECRETARIAT")[1]
    client.force_login(colleague)

    assert client.get(url(draft)).status_code == 200


def test_co_proposers_write_but_do_not_submit(client: Client, office: City) -> None:
    draft = a_draft()
    assign_perm("edit_draft", holder("LEADER-ZEIMU"), draft)
    login(client, "LEADER-ZEIMU")

    assert client.get(url(draft)).status_code == 200
    page = text_of(client.get(url(draft, "project-confirm")))
    assert "提出できるのは" in page
    assert "<form" not in page.split('id="send-title"')[1].split("</section>")[0]
    assert send(client, draft).status_code == 403


def test_submitted_text_is_not_edited(client: Client, office: City) -> None:
    project = a_project(route="RT1")
    login(client)

    response = client.get(url(project))
    late = client.post(url(project), {**TYPED, "draft_version": "2"})

    assert response["Location"] == url(project, "project")
    assert "編集できません" in told(response)[0]
    assert late.status_code == 409
    assert str(TYPED["problem"]) in text_of(late)


def test_readers_of_a_returned_case_may_not_edit(client: Client, office: City) -> None:
    project = returned()
    response = login(client, "HEAD-SHIMIN").get(url(project))

    assert response.status_code == 403
    assert "編集できるのは" in text_of(response)


# --- the route -------------------------------------------------------------------------------


def test_route_names_seats_people_reasons_and_day(client: Client, office: City) -> None:
    draft = a_draft(**ROUTES["RT3"])
    page = text_of(login(client).get(url(draft), {"part": "route"}))

    assert "<html" in page
    assert "市民課長" in page
    assert holder("HEAD-SHIMIN").name in page
    assert "費用" in page
    assert "ごろに決まります" in page


def test_route_is_a_fragment_for_the_page(client: Client, office: City) -> None:
    draft = a_draft()
    response = login(client).get(url(draft), {"part": "route"}, headers={"HX-Request": "true"})

    assert "<html" not in text_of(response)
    assert "市民課長" in text_of(response)


def test_no_section_no_route(client: Client, office: City) -> None:
    draft = a_draft(post="SECRETARIAT")
    page = text_of(login(client, "SECRETARIAT").get(url(draft), {"part": "route"}))

    assert "所管課を選んで" in page


# --- submitting ------------------------------------------------------------------------------


def test_confirmation_shows_sheet_route_and_day(client: Client, office: City) -> None:
    draft = a_draft(uses_cloud=True)
    page = text_of(login(client).get(url(draft, "project-confirm")))

    assert "令和8年7月1日（水）" in page
    assert "クラウドサービスを使う" in page
    assert "年 567時間の減、金額に直すと 1,417.5千円の減" in page
    assert "時間単価 2,500円（" in page
    assert "本部長" in page
    assert "ごろに決まります" in page
    assert "提出する" in page


def test_unfinished_sheets_go_back_with_what_is_missing(client: Client, office: City) -> None:
    draft = a_draft(reform="", kpis=[{**SHEET["kpis"][0], "name": ""}])
    login(client)

    response = client.get(url(draft, "project-confirm"), follow=True)

    page = text_of(response)
    assert response.redirect_chain == [(url(draft) + "?check=1", 302)]
    assert "入力を確認してください（2か所）" in page
    assert "変えた後の姿を入力してください。" in page
    assert "指標の名前を入力してください。" in page


def test_contradictions_are_said_beside_the_field(client: Client, office: City) -> None:
    draft = a_draft(cost=500, budget_measure="NONE")

    page = text_of(login(client).get(url(draft, "project-confirm"), follow=True))

    assert "予算措置を選んでください。" in page


def gone_meanwhile() -> tuple[dict[str, Any], dict[str, str]]:
    """Answers that name a 課 and a colleague who are gone by now, and what is said of them."""
    partner = holder("LEADER-FUKUSHI")
    answers = {"sections": ["ZEIMU"], "partners": [partner.employee_number]}
    names = {
        "sections": f"関係する課の「{Section.objects.get(code='ZEIMU').name}」",
        "partners": f"いっしょに提案する人の「{partner.name}（{partner.employee_number}）」",
    }
    ending = "は、いまは選べません。選び直してください。"
    return answers, {name: words + ending for name, words in names.items()}


def let_them_go() -> None:
    Section.objects.filter(code="ZEIMU").update(ends_on=NOW.date())
    User.objects.filter(pk=holder("LEADER-FUKUSHI").pk).update(is_active=False)


def test_what_may_not_be_chosen_any_more_is_not_sent(client: Client, office: City) -> None:
    answers, problems = gone_meanwhile()
    draft = a_draft(**answers)
    let_them_go()

    with pytest.raises(Unanswered) as refusal:
        engine.submit(project=draft, draft_version=draft.draft_version, by=draft.proposer, at=NOW)
    response = login(client).get(url(draft, "project-confirm"), follow=True)

    assert refusal.value.problems == problems
    assert send(client, draft)["Location"] == url(draft) + "?check=1"
    assert not Run.objects.exists()
    assert response.context["form"].errors == {name: [said] for name, said in problems.items()}


def test_what_may_not_be_chosen_any_more_is_not_sent_again(office: City) -> None:
    answers, problems = gone_meanwhile()
    case = a_project(route="RT1", **answers)
    say(case, Outcome.SENT_BACK)
    let_them_go()

    with pytest.raises(Unanswered) as refusal:
        resubmit(case, at=NOW)

    assert refusal.value.problems == problems
    assert case.revisions.count() == 1


def test_a_partner_who_would_be_asked_is_told_of_before_it_is_sent(
    client: Client, office: City
) -> None:
    partners = [holder("PT-FUKUSHI"), holder("LEADER-ZEIMU")]
    draft = a_draft(**ROUTES["RT2"], partners=[each.employee_number for each in partners])
    line = f"{partners[0].name}さんは提案者のため、審査から外れます。"
    login(client)

    for page in (url(draft, "project-confirm"), url(draft) + "?part=route"):
        response = client.get(page)

        assert response.context["route"].absent == (line,)
        assert line in text_of(response)
        assert partners[1].name + "さんは" not in text_of(response)


def test_a_partner_without_whom_there_is_no_way_is_said_beside_the_question(
    client: Client, office: City
) -> None:
    chair = holder("HQ-CHAIR")
    draft = a_draft(**ROUTES["RT2"], partners=[chair.employee_number])
    login(client)

    response = client.get(url(draft, "project-confirm"), follow=True)
    route = text_of(client.get(url(draft) + "?part=route"))
    sent = send(client, draft)

    assert response.redirect_chain == [(url(draft) + "?check=1", 302)]
    (said,) = response.context["form"].errors["partners"]
    assert said.startswith(f"{chair.name}さんが提案者として外れると、「")
    assert said.endswith("を担当できる方が足りません。このままでは提出できません。")
    assert said in route
    assert sent.status_code == 422
    assert said in text_of(sent)
    assert not Run.objects.exists()


def test_submitted_once(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)

    first = send(client, draft)
    again = client.post(url(draft, "project-confirm"), {"draft_version": "99"})

    draft.refresh_from_db()
    assert draft.stage == Stage.WITH_HEAD
    assert first["Location"] == again["Location"] == url(draft, "project")
    assert "R8-001 として提出しました。" in told(first)[0]
    assert told(again)[-1] == "10:42 に提出済みです。二重には提出されていません。"
    assert Run.objects.count() == Decision.objects.count() == 1


def test_a_colleague_of_the_seat_was_first(client: Client, office: City) -> None:
    draft = a_draft(post="SECRETARIAT", section="ZEIMU")
    submit(draft)
    client.force_login(office.holders("SECRETARIAT")[1])

    response = client.post(url(draft, "project-confirm"), {"draft_version": "2"})

    assert response.status_code == 302
    assert "「提出」としました。" in told(response)[0]


def test_the_text_seen_is_the_text_sent(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)
    seen = draft.draft_version
    save(client, draft, **{**TYPED, "reform": "あとから直した文章"})

    response = client.post(url(draft, "project-confirm"), {"draft_version": seen})

    assert response.status_code == 409
    assert "別の画面で保存されています" in text_of(response)
    assert "あとから直した文章" in text_of(response)
    assert not Run.objects.exists()


@pytest.mark.parametrize("change", ["added", "removed"])
def test_the_files_seen_are_the_files_sent(client: Client, office: City, change: str) -> None:
    draft = a_draft()
    login(client)
    if change == "removed":
        attach(client, draft, "見積書.csv")
    seen = Project.objects.get(pk=draft.pk).draft_version
    if change == "removed":
        key = draft.attachments.get().key
        client.post(reverse("attachment-remove", args=[draft.reference, key]))
    else:
        attach(client, draft, "見積書.csv")

    response = client.post(url(draft, "project-confirm"), {"draft_version": seen})

    assert response.status_code == 409
    assert "別の画面で保存されています" in text_of(response)
    shown = [entry.name for entry in response.context["files"]]
    assert shown == (["見積書.csv"] if change == "added" else [])
    draft.refresh_from_db()
    assert (draft.stage, draft.number, Run.objects.count()) == (Stage.DRAFT, None, 0)


def test_a_file_that_was_refused_is_no_change_of_the_draft(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)

    attach(client, draft, "見積書.exe")

    assert Project.objects.get(pk=draft.pk).draft_version == draft.draft_version


def test_an_unfinished_sheet_is_not_sent(client: Client, office: City) -> None:
    draft = a_draft(reform="")
    login(client)

    assert send(client, draft)["Location"] == url(draft) + "?check=1"
    assert not Run.objects.exists()


def test_busy_is_a_page(client: Client, office: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_asked: object) -> None:
        raise Busy

    draft = a_draft()
    monkeypatch.setattr(engine, "submit", busy)

    assert send(login(client), draft).status_code == 503


# --- and again -------------------------------------------------------------------------------


def returned() -> Project:
    project = a_project(route="RT1")
    say(project, Outcome.SENT_BACK, comment="件数の根拠を書いてください。", target="PROPOSER")
    return Project.objects.get(pk=project.pk)


def test_the_reason_of_the_return_stands_on_top(client: Client, office: City) -> None:
    project = returned()
    login(client)

    for name in ("project-edit", "project-confirm"):
        page = text_of(client.get(url(project, name)))
        assert "差し戻されました" in page
        assert "件数の根拠を書いてください。" in page
        assert holder("HEAD-SHIMIN").name in page


def test_difference_to_the_last_revision_is_shown(client: Client, office: City) -> None:
    project = returned()
    login(client)
    save(client, project, **{**TYPED, "volume": "2412"})

    page = text_of(client.get(url(project, "project-confirm")))

    assert "第1版から変えたところ" in page
    assert "<del>2,000件</del>" in page
    assert "<ins>2,412件</ins>" in page
    assert "関係する課" not in page.split("</table>")[0]


def test_resubmitted_once_with_what_was_changed(client: Client, office: City) -> None:
    project = returned()
    login(client)
    save(client, project, **{**TYPED, "volume": "2412"})
    slot = the_slot(project).pk

    first = send(client, project, slot=slot, comment="令和7年度の実績を入れました。")
    again = send(client, project, slot=slot, comment="令和7年度の実績を入れました。")

    project.refresh_from_db()
    assert project.stage == Stage.WITH_HEAD
    assert project.revision is not None
    assert project.revision.number == 2
    assert first["Location"] == again["Location"] == url(project, "project")
    assert told(again)[-1].startswith("10:42 に提出済みです。")
    assert Decision.objects.filter(outcome=Outcome.RESUBMITTED).count() == 1


@pytest.mark.parametrize("comment", ["", "  ", "長" * 2001, "制御\u202e文字"])
def test_what_was_changed_must_be_said(client: Client, office: City, comment: str) -> None:
    project = returned()
    response = send(login(client), project, slot=the_slot(project).pk, comment=comment)

    assert response.status_code == 422
    assert not Decision.objects.filter(outcome=Outcome.RESUBMITTED).exists()


@pytest.mark.parametrize("slot", ["0", "x", "9" * 30])
def test_slots_of_nowhere_are_404(client: Client, office: City, slot: str) -> None:
    project = returned()

    assert send(login(client), project, slot=slot, comment="直しました。").status_code == 404


def test_a_case_that_was_pulled_back_is_sent_again(client: Client, office: City) -> None:
    project = a_project(route="RT1")
    engine.pull_back(project=project, by=project.proposer, at=NOW)
    login(client)

    page = text_of(client.get(url(project, "project-confirm")))
    send(client, project, slot=the_slot(project).pk, comment="題名を直しました。")

    project.refresh_from_db()
    assert "引き戻した案件です" in page
    assert project.stage == Stage.WITH_HEAD


# --- what others see of a text that is being corrected ------------------------------------------

UNSENT = "まだ出していない題名"


def corrected() -> Project:
    """A returned case: its draft has a new title, another 所管課 and another area, not sent yet."""
    project = returned()
    answers = {"title": UNSENT, "section": "ZEIMU", "area": "P3"}
    cases.save_draft(
        project=project,
        version=project.draft_version,
        answers=answers,
        by=project.proposer,
        at=NOW,
    )
    return Project.objects.get(pk=project.pk)


def shown(project: Project) -> tuple[str, str, str]:
    """What lists and rights go by."""
    case = Project.objects.select_related("section", "area").get(pk=project.pk)
    assert case.section is not None
    assert case.area is not None
    return case.title, case.section.code, case.area.code


SENT = ("書かない窓口", "SHIMIN", "P2")


def test_a_text_that_is_being_corrected_is_shown_to_nobody_else(
    client: Client, office: City
) -> None:
    project = corrected()
    login(client, "AUDITOR")

    pages = [text_of(client.get(address)) for address in (url(project, "project"), "/proposals/")]

    assert [(SENT[0] in page, UNSENT in page) for page in pages] == [(True, False)] * 2
    assert shown(project) == SENT


def test_who_corrects_reads_the_own_words(client: Client, office: City) -> None:
    project = corrected()
    login(client)

    form = text_of(client.get(url(project)))
    last_page = text_of(client.get(url(project, "project-confirm")))
    route = text_of(client.get(url(project) + "?part=route"))

    assert f'value="{UNSENT}"' in form
    assert f'<h2 id="paper-title">{UNSENT}</h2>' in last_page
    assert f"<p>{UNSENT}</p>" in route


def test_who_pulled_a_case_back_finds_the_own_words_among_the_drafts(
    client: Client, office: City
) -> None:
    project = a_project(route="RT1")
    engine.pull_back(project=project, by=project.proposer, at=NOW)
    project.refresh_from_db()
    save(login(client), project, title=UNSENT)

    home = text_of(client.get("/"))

    drafts = home[home.index('id="h-draft"') :].partition("</section>")[0]
    assert (UNSENT in drafts, SENT[0] in drafts) == (True, False)


def test_a_corrected_text_is_shown_once_it_is_sent_again(office: City) -> None:
    project = corrected()

    resubmit(project)

    assert shown(project) == (UNSENT, "ZEIMU", "P3")


def test_a_text_that_was_never_sent_leaves_nothing_behind(client: Client, office: City) -> None:
    project = corrected()

    withdraw(project)

    page = text_of(login(client, "AUDITOR").get("/proposals/"))
    assert (SENT[0] in page, UNSENT in page) == (True, False)
    assert shown(project) == SENT


def test_the_section_of_a_text_that_was_not_sent_reads_nothing(
    client: Client, office: City
) -> None:
    project = corrected()

    assert login(client, "HEAD-ZEIMU").get(url(project, "project")).status_code == 404


# --- costs -----------------------------------------------------------------------------------


def pages() -> list[str]:
    back = returned()
    draft = a_draft(sections=["ZEIMU", "FUKUSHI"], **ROUTES["RT4"])
    several = a_draft(partners=[holder(code).employee_number for code in ("HEAD-ZEIMU", "PT-SOMU")])
    return [
        url(several),
        url(several) + "?part=route",
        url(several) + "?check=1",
        url(several, "project-confirm"),
        reverse("project-new"),
        url(draft),
        url(draft) + "?part=route",
        url(draft) + "?check=1",
        url(draft, "project-confirm"),
        url(back),
        url(back, "project-confirm"),
    ]


def test_pages_cost_little_and_write_nothing(
    client: Client, office: City, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    login(client)
    addresses = pages()
    client.get(addresses[1])  # content types are read once a process
    counts = {}
    for address in addresses:
        with django_assert_max_num_queries(12) as queries:
            response = client.get(address)
        assert response.status_code == 200, address
        assert len(response.content) < 150_000
        assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        counts[address] = len(queries)
        print(
            address,
            len(queries),
            *[q["sql"][:1500] for q in queries] if "check=" in address else [],
            sep="\n   ",
        )
    for number in range(3):
        a_project(route="RT2", title=f"別の案{number}", to=StepKind.RECEPTION)
        cases.start_draft(
            by=holder("LEADER-SHIMIN"), post=office.post("LEADER-SHIMIN"), at=NOW, title=f"{number}"
        )
    for address, before in counts.items():
        with django_assert_max_num_queries(before):
            client.get(address)


def test_login_comes_first(client: Client, office: City) -> None:
    draft = a_draft()

    for address in (reverse("project-new"), url(draft), url(draft, "project-confirm")):
        assert "/login/" in client.get(address)["Location"]
        assert "/login/" in client.post(address)["Location"]
