"""The sheet that saves by itself: what the answer says is what is stored, and nothing is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from bpr_projects import drafts
from bpr_projects.forms.sheet import data_of
from bpr_projects.models import OpenedForm, Project
from tests.make import SHEET, a_draft, a_project, holder
from tests.workflow.test_proposal import NOW, TYPED, attach, login, save, text_of, url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\u202eelif\u202c",
    "🏛️👩‍💼",
    "あ\x00い",
    '=cmd|"/C calc"!A0',
    "一行目\r\nBcc: everybody@example.com",
    "長" * 10_000,
    "{{ 7|add:7 }}{% load x %}",
    "' OR 1=1 --",
]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def a_page() -> str:
    return uuid4().hex


def autosave(client: Client, address: str, **typed: Any) -> Any:
    return client.post(address, {"action": "autosave", **typed})


def stored(project: Project) -> dict[str, Any]:
    return dict(Project.objects.get(pk=project.pk).sheet)


# --- the answer ------------------------------------------------------------------------------


def test_it_says_when_and_as_which_version_it_saved(client: Client, office: City) -> None:
    draft = a_draft()
    typed = {**data_of(draft.sheet), "title": "別の題"}
    response = autosave(login(client), url(draft), draft_version=draft.draft_version, **typed)

    answer = response.json()
    assert (answer["saved"], answer["at"], answer["unread"]) == (True, "10:42", [])
    assert answer["version"] == draft.draft_version + 1
    assert answer["url"] == url(draft)
    assert "入力済み" in answer["progress"]
    assert stored(draft) == {**draft.sheet, **stored(draft), "title": "別の題"}


def test_an_equal_save_changes_nothing(client: Client, office: City) -> None:
    draft = a_draft()
    typed = data_of(draft.sheet)
    first = autosave(login(client), url(draft), draft_version=draft.draft_version, **typed).json()

    again = autosave(client, url(draft), draft_version="1", **typed).json()

    assert again["version"] == first["version"]


def test_what_cannot_be_read_is_named_and_the_rest_is_saved(client: Client, office: City) -> None:
    draft = a_draft()
    typed = {**data_of(draft.sheet), "title": "別の題", "volume": "多い", "kpis-0-target": "低く"}
    response = autosave(login(client), url(draft), draft_version=draft.draft_version, **typed)

    unread = {each["id"]: each["label"] for each in response.json()["unread"]}
    assert unread == {"id_volume": "年間の件数", "id_kpis-0-target": "指標1：めざす値"}
    assert stored(draft)["title"] == "別の題"
    assert (stored(draft)["volume"], stored(draft)["kpis"]) == (SHEET["volume"], SHEET["kpis"])


def test_one_unreadable_cell_takes_nothing_else_with_it(client: Client, office: City) -> None:
    draft = a_draft()
    unreadable = {"kpis-0-baseline": "約四十", "as_is-0-minutes": "半日"}
    readable = {"kpis-1-name": "待ち時間", "as_is-1-minutes": "23", "principles-N2": "通しで。"}
    typed = {**data_of(draft.sheet), **unreadable, **readable, "principles-N1": "長" * 201}
    answer = autosave(login(client), url(draft), draft_version=draft.draft_version, **typed).json()

    first, second = SHEET["as_is"]
    assert [each["id"] for each in answer["unread"]] == [
        "id_as_is-0-minutes",
        "id_principles-N1",
        "id_kpis-0-baseline",
    ]
    assert stored(draft)["as_is"] == [first, {**second, "minutes": 23}]
    assert stored(draft)["principles"] == {**SHEET["principles"], "N2": "通しで。"}
    assert stored(draft)["kpis"][0] == SHEET["kpis"][0]
    assert stored(draft)["kpis"][1]["name"] == "待ち時間"


def test_what_was_not_saved_is_refused_at_the_button(client: Client, office: City) -> None:
    draft = a_draft()
    typed = {**data_of(draft.sheet), "as_is-0-minutes": "半日", "action": "confirm"}
    response = save(login(client), draft, **typed)

    assert response.status_code == 422
    assert 'id="id_as_is-0-minutes_error"' in text_of(response)
    assert stored(draft) == draft.sheet


def test_a_row_with_a_large_number_is_saved(client: Client, office: City) -> None:
    draft = a_draft()
    typed = {**data_of(draft.sheet), "whys-100-why": "様式が別々だから"}
    answer = autosave(login(client), url(draft), draft_version=draft.draft_version, **typed).json()

    assert (answer["saved"], answer["unread"]) == (True, [])
    assert stored(draft)["whys"] == [{"why": "様式が別々だから"}]


def test_a_stale_page_overwrites_nothing(client: Client, office: City) -> None:
    draft = a_draft()
    save(login(client), draft, **{**TYPED, "reform": "あちらの画面"})
    response = autosave(
        client, url(draft), **{**TYPED, "reform": "この画面"}, draft_version=draft.draft_version
    )

    assert response.status_code == 409
    assert response.json()["why"] == "conflict"
    assert "別の画面で保存されています" in response.json()["reason"]
    assert stored(draft)["reform"] == "あちらの画面"


@pytest.mark.parametrize(
    ("touched", "mine"), [("", {"title", "reform"}), ("reform nothing", {"reform"})]
)
def test_the_newer_text_of_each_question_is_proposed(
    client: Client, office: City, touched: str, mine: set[str]
) -> None:
    draft = a_draft()
    stale = {"draft_version": draft.draft_version, "touched": touched}
    save(login(client), draft, **{**TYPED, "title": "あちらの題"})
    page = text_of(client.post(url(draft), {**TYPED, "reform": "この画面の文章", **stale}))

    proposed = set(re.findall(r'name="keep-(\w+)" value="mine" checked', page))
    assert proposed == mine
    assert len(re.findall(r'value="theirs" checked', page)) == 2 - len(mine)


def test_a_page_that_never_heard_of_its_save_goes_on_from_it(client: Client, office: City) -> None:
    draft = a_draft()
    page = {"draft_version": draft.draft_version, "page": a_page()}
    login(client)
    autosave(client, url(draft), **TYPED, **page)

    again = autosave(client, url(draft), **{**TYPED, "reform": "つづき"}, **page)

    assert again.json()["saved"]
    assert stored(draft)["reform"] == "つづき"


def test_the_page_that_added_a_file_goes_on_saving(client: Client, office: City) -> None:
    draft, page = a_draft(), a_page()
    login(client)
    version = draft.draft_version
    attach(client, draft, "見積書.csv", draft_version=version, page=page)

    attached = Project.objects.get(pk=draft.pk).draft_version

    own = autosave(client, url(draft), draft_version=version, page=page, title="続きを書く")
    other = autosave(client, url(draft), draft_version=version, page=a_page(), title="別の画面")

    assert (own.status_code, own.json()["version"]) == (200, attached + 1)
    assert (other.status_code, other.json()["why"]) == (409, "conflict")
    assert stored(draft)["title"] == "続きを書く"


def test_that_page_is_stale_too_once_another_one_saved(client: Client, office: City) -> None:
    draft = a_draft()
    page = {"draft_version": draft.draft_version, "page": a_page()}
    login(client)
    autosave(client, url(draft), **TYPED, **page)
    save(client, draft, **{**TYPED, "reform": "あちらの画面"})

    again = autosave(client, url(draft), **{**TYPED, "reform": "つづき"}, **page)

    assert again.status_code == 409
    assert stored(draft)["reform"] == "あちらの画面"


# --- a tab that restores what another one kept on the device -----------------------------------


def test_a_restored_text_goes_on_from_the_save_that_its_page_never_heard_of(
    client: Client, office: City
) -> None:
    draft = a_draft()
    lost, restored = a_page(), a_page()
    stale = {"draft_version": draft.draft_version}
    autosave(login(client), url(draft), **TYPED, **stale, page=lost)

    typed = {**TYPED, "reform": "復元した文章"}
    answer = autosave(client, url(draft), **typed, **stale, page=restored, resumes=lost)

    assert answer.json()["saved"]
    assert stored(draft)["reform"] == "復元した文章"


def test_a_tab_that_still_lives_is_told_that_another_one_went_on(
    client: Client, office: City
) -> None:
    draft = a_draft()
    first, second = a_page(), a_page()
    version = autosave(
        login(client), url(draft), **TYPED, draft_version=draft.draft_version, page=first
    ).json()["version"]
    over = {**TYPED, "problem": "二つ目の画面で書き直した課題"}
    went_on = {"draft_version": version, "page": second, "resumes": first}
    assert autosave(client, url(draft), **over, **went_on).json()["saved"]

    typed = {**TYPED, "reform": "一つ目の画面のつづき", "draft_version": version}
    alive = autosave(client, url(draft), **typed, page=first)

    assert (alive.status_code, alive.json()["why"]) == (409, "conflict")
    assert stored(draft)["problem"] == "二つ目の画面で書き直した課題"


def test_a_form_is_resumed_once(client: Client, office: City) -> None:
    draft = a_draft()
    first, second, third = a_page(), a_page(), a_page()
    stale = {"draft_version": draft.draft_version}
    autosave(login(client), url(draft), **TYPED, **stale, page=first)
    typed = {**TYPED, "reform": "復元した文章"}
    autosave(client, url(draft), **typed, **stale, page=second, resumes=first)

    typed = {**TYPED, "reform": "もう一度復元した文章"}
    again = autosave(client, url(draft), **typed, **stale, page=third, resumes=first)

    assert again.status_code == 409
    assert stored(draft)["reform"] == "復元した文章"


def test_forms_of_others_are_not_resumed(client: Client, office: City) -> None:
    draft, partner = a_draft(), holder("LEADER-ZEIMU")
    page = a_page()
    typed = {**TYPED, "partners": partner.employee_number}
    stale = {"draft_version": draft.draft_version}
    autosave(login(client), url(draft), **typed, **stale, page=page)
    client.force_login(partner)

    typed["reform"] = "上書き"
    answer = autosave(client, url(draft), **typed, **stale, page=a_page(), resumes=page)

    assert answer.status_code == 409


def test_an_empty_sheet_that_was_restored_elsewhere_begins_no_second_draft(
    client: Client, office: City
) -> None:
    new, first, second = reverse("project-new"), a_page(), a_page()
    autosave(login(client), new, title="復元した題", page=second, resumes=first, draft_version="1")

    alive = autosave(client, new, title="一つ目の画面の題", page=first, draft_version="1")

    assert alive.status_code == 409
    assert Project.objects.get().title == "復元した題"


def test_a_new_login_changes_nothing_of_what_a_form_saved(client: Client, office: City) -> None:
    draft = a_draft()
    page = {"draft_version": draft.draft_version, "page": a_page()}
    autosave(login(client), url(draft), **TYPED, **page)
    client.logout()

    again = autosave(login(client), url(draft), **{**TYPED, "reform": "つづき"}, **page)

    assert again.json()["saved"]


def test_the_forms_that_are_remembered_stay_few(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)
    for turn in range(drafts.MOST + 3):
        save(client, draft, **{**TYPED, "reform": f"{turn}回目"}, page=a_page())

    assert OpenedForm.objects.count() == drafts.MOST


# --- a new sheet -----------------------------------------------------------------------------


def test_the_first_save_begins_the_draft(client: Client, office: City) -> None:
    response = autosave(login(client), reverse("project-new"), title="書きかけ", page=a_page())

    draft = Project.objects.get()
    assert (draft.title, draft.section) == ("書きかけ", office.section("SHIMIN"))
    assert response.json()["url"] == url(draft)


def test_the_same_page_begins_one_draft(client: Client, office: City) -> None:
    page = a_page()
    login(client)
    for title in ("書きかけ", "書きかけの提案"):
        autosave(client, reverse("project-new"), title=title, page=page, draft_version="1")
    client.post(reverse("project-new"), {"title": "押した", "page": page, "draft_version": "1"})

    assert Project.objects.get().title == "押した"


def test_two_pages_begin_two_drafts(client: Client, office: City) -> None:
    login(client)
    for title in ("一つ目", "二つ目"):
        autosave(client, reverse("project-new"), title=title, page=a_page())

    assert Project.objects.count() == 2


# --- who, and when no more -------------------------------------------------------------------


def test_an_ended_session_is_told_apart(client: Client, office: City) -> None:
    draft = a_draft()

    response = autosave(client, url(draft), **TYPED, draft_version=draft.draft_version)

    assert (response.status_code, response["Content-Type"][:9]) == (403, "text/html")
    assert stored(draft) == draft.sheet


def test_drafts_of_others_are_404(client: Client, office: City) -> None:
    draft = a_draft()

    assert autosave(login(client, "LEADER-ZEIMU"), url(draft), **TYPED).status_code == 404
    assert stored(draft) == draft.sheet


def test_a_text_that_was_sent_is_not_saved_any_more(client: Client, office: City) -> None:
    project = a_project(route="RT1")

    response = autosave(login(client), url(project), **TYPED, draft_version="2")

    assert response.status_code == 409
    assert response.json()["why"] == "closed"
    assert "編集できません" in response.json()["reason"]


@pytest.mark.parametrize("page", ["", "x", "../..", "g" * 32, "a" * 200])
@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "１"])  # noqa: RUF001
def test_garbage_is_answered(client: Client, office: City, page: str, version: str) -> None:
    draft = a_draft()
    response = autosave(
        login(client), url(draft), title="別の題", draft_version=version, page=page, sent=page
    )

    assert response.status_code == 409
    assert stored(draft) == draft.sheet


def test_a_save_costs_little(
    client: Client, office: City, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    draft = a_draft()
    typed = {**TYPED, "draft_version": draft.draft_version, "page": a_page()}
    login(client)

    with django_assert_max_num_queries(24):
        assert autosave(client, url(draft), **typed).json()["saved"]


# --- co-proposers ----------------------------------------------------------------------------


def test_who_is_named_on_the_sheet_writes_it_too(client: Client, office: City) -> None:
    draft, partner = a_draft(), holder("LEADER-ZEIMU")
    login(client)
    save(client, draft, **TYPED, partners=partner.employee_number)
    client.force_login(partner)
    seen = client.get(url(draft))
    assert f"{partner.name}（{partner.employee_number}）" in text_of(
        client.get(url(draft, "project-confirm"))
    )

    save(login(client), draft, **TYPED, partners="")
    client.force_login(partner)

    assert seen.status_code == 200
    assert client.get(url(draft)).status_code == 404


# --- rows without a script ---------------------------------------------------------------------


def test_a_row_is_added_by_a_button(client: Client, office: City) -> None:
    draft = a_draft()
    login(client)
    response = save(client, draft, **TYPED, action="add-kpis")

    assert response["Location"] == f"{url(draft)}?more=kpis#kpis-1"
    page = text_of(client.get(response["Location"]))
    assert 'id="kpis-1"' in page
    assert 'id="kpis-2"' not in page
    assert stored(draft)["title"] == TYPED["title"]


def test_a_row_is_taken_off_by_a_button(client: Client, office: City) -> None:
    draft = a_draft()
    whys = {f"whys-{n}-why": f"理由{n}" for n in range(3)}
    response = save(login(client), draft, **TYPED, **whys, action="remove-whys-1")

    assert response["Location"] == f"{url(draft)}#id_whys"
    assert stored(draft)["whys"] == [{"why": "理由0"}, {"why": "理由2"}]


def test_a_row_is_added_to_a_page_that_cannot_be_saved_yet(client: Client, office: City) -> None:
    draft = a_draft()
    response = save(login(client), draft, **{**TYPED, "volume": "多い"}, action="add-whys")

    page = text_of(response)
    assert response.status_code == 422
    assert "多い" in page
    assert stored(draft) == draft.sheet


def test_enter_in_a_row_saves_and_takes_nothing_off(client: Client, office: City) -> None:
    page = text_of(login(client).get(url(a_draft())))
    form = page[page.index('<form class="stack" id="sheet"') :]
    form = form[: form.index("</form>")]
    before = page[: page.index(form)]
    outside = re.findall(r'<button[^>]*form="sheet"[^>]*value="(\w+)"', before)

    assert outside[0] == "save"


@pytest.mark.parametrize("action", ["add-", "add-x", "remove-x-0", "remove-kpis-", "add-title"])
def test_buttons_of_nowhere_only_save(client: Client, office: City, action: str) -> None:
    draft = a_draft()

    assert save(login(client), draft, **TYPED, action=action).status_code == 302
    assert stored(draft)["kpis"][0]["name"] == TYPED["kpis-0-name"]


# --- hostile text ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_refused_or_shown_as_text(
    client: Client, office: City, text: str
) -> None:
    draft = a_draft()
    fields = [*data_of(draft.sheet), "whys-0-why", "waves-0-what", "partners", "kpis-0-steps"]
    login(client)
    typed = dict.fromkeys(fields, text)
    kept = autosave(client, url(draft), draft_version=draft.draft_version, **typed)
    pressed = save(client, draft, **typed)
    pages = [text_of(client.get(url(draft))), text_of(pressed)]

    assert kept.status_code in (200, 409)
    assert pressed.status_code in (302, 422)
    for page in pages:
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
    assert all(len(str(value)) < 10_000 for value in stored(draft).values())


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_reads_as_text_on_the_last_page(
    client: Client, office: City, text: str
) -> None:
    draft = a_draft()
    login(client)
    for name in data_of(draft.sheet):
        autosave(
            client,
            url(draft),
            **{**data_of(SHEET), name: text},
            draft_version=Project.objects.get().draft_version,
        )
    response = client.get(url(draft, "project-confirm"), follow=True)

    assert response.status_code == 200
    assert "<script>alert(1)" not in text_of(response)
    assert "<img src=x" not in text_of(response)
