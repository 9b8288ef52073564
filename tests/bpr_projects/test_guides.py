"""The guides of docs/ja: one for every role, readable in the system, no dead link or picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.staticfiles import finders
from django.urls import resolve

from bpr_projects import guides
from roles.enums import Role
from tests.architecture.matrix import MATRIX
from tests.workflow.pages import client_of

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

NAMES = guides.names()
MARKUP = re.compile(r"\*\*|\]\(|^#|^- |^\|", re.MULTILINE)


def test_every_role_has_a_guide_and_every_file_is_one() -> None:
    assert set(guides.GUIDE_OF) == set(Role)
    assert {each.stem for each in guides.FOLDER.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_says_for_whom_it_is_and_leaves_no_markup(name: str) -> None:
    page = guides.guide(name)

    assert page.title
    assert "<h2>" in page.body
    assert MARKUP.findall(re.sub(r"<[^>]+>", "\n", page.body)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_guide(name: str) -> None:
    links = re.findall(r'href="([^"]+)"', guides.guide(name).body)

    assert {resolve(link).url_name for link in links} <= {"help", "guide"}
    wanted = {resolve(link).kwargs.get("name", guides.FIRST) for link in links}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_there_and_is_described(name: str) -> None:
    text = (guides.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    shown = re.findall(r'<img src="/static/([^"]+)" alt="([^"]+)"', guides.guide(name).body)

    assert text.count("![") == len(shown)
    for source, words in shown:
        assert finders.find(source), source
        assert len(words) > 10
        assert (guides.FOLDER / "../../static" / source).resolve().is_file()


def test_the_first_guide_leads_to_all_others() -> None:
    body = guides.guide(guides.FIRST).body

    assert all(f'href="/help/{name}/"' in body for name in NAMES if name != guides.FIRST)


def test_everybody_reads_every_guide_and_finds_the_own(office: City) -> None:
    chair = client_of("HQ-CHAIR")

    first = chair.get("/help/").content.decode()

    assert "はじめに" in first
    assert first.count("あなたの役割") == 1
    for name in NAMES[1:]:
        assert chair.get(f"/help/{name}/").status_code == 200
    assert chair.get("/help/no-such-guide/").status_code == 404


@pytest.mark.parametrize(
    ("address", "guide"),
    [("/proposals/new/", "leader/"), ("/mailbox/", "secretariat/"), ("/", "")],
)
def test_the_menu_leads_to_the_guide_of_the_page(office: City, address: str, guide: str) -> None:
    page = client_of("LEADER-SHIMIN").get(address).content.decode()

    assert re.search(rf'<a href="/help/{guide}"><svg[^>]*>.*?</svg>ヘルプ</a>', page)


def test_pages_that_have_a_guide_exist() -> None:
    assert set(guides.GUIDE_OF_PAGE) <= set(MATRIX)
    assert set(guides.GUIDE_OF_PAGE.values()) <= set(NAMES)


def test_what_is_not_understood_is_shown_as_text() -> None:
    shown = guides.html_of("<script>\n\n- **太字** と `名前`\n\n1. 一\n2. 二\n\n> 注\n> 意")

    assert shown.split("\n") == [
        "<p>&lt;script&gt;</p>",
        "<ul><li><b>太字</b> と <code>名前</code></li></ul>",
        "<ol><li>一</li><li>二</li></ol>",
        '<p class="note">注 意</p>',
    ]


def test_the_folder_of_pictures_holds_nothing_that_no_guide_shows() -> None:
    folder = Path(guides.FOLDER / "../../static/guides").resolve()
    shown = "".join(guides.guide(name).body for name in NAMES)

    assert [each.name for each in folder.iterdir() if f"guides/{each.name}" not in shown] == []
