"""The ledger's page, a copy to take away, and the program that needs nothing but the copy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.conf import settings as configuration
from django.core.management import CommandError, call_command

from records import actions, ledger
from records.models import AnchorDay, BackgroundRun, LedgerCheck, LedgerEntry
from roles.enums import Basis
from roles.models import Post
from tests.make import (
    AT,
    a_delegation,
    a_project,
    dispose,
    holder,
    say,
    the_slot,
    withdraw,
)
from tests.workflow.pages import client_of, text_of
from workflow.actions.exporting import EXPORT, export_ledger
from workflow.actions.refusals import NotAllowed
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoAssertNumQueries, Settings

    from tests.fixtures_city import City

verify_ledger: Final[Any] = import_module("docs.verify_ledger")
pytestmark = pytest.mark.once

VERIFIER: Final = Path(configuration.BASE_DIR) / "docs" / "verify_ledger.py"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    settings.ANCHOR_FILE = tmp_path / "anchors.jsonl"
    return tmp_path / "anchors.jsonl"


# --- the page and the export -------------------------------------------------------------------


def test_an_auditor_takes_a_copy_and_the_ledger_says_so(office: City) -> None:
    say(a_project(), Outcome.APPROVED, comment="市民の負担が減る。")
    browser = client_of("AUDITOR")

    page = browser.post("/ledger/export/", follow=True)
    actions.sweep(worker="w", clock=lambda: AT)
    run = BackgroundRun.objects.get(kind=EXPORT)
    file = b"".join(browser.get(f"/ledger/exports/{run.pk}/"))

    assert "台帳の書出しを始めました" in text_of(page)
    lines = [json.loads(line) for line in file.decode().splitlines()]
    recorded = LedgerEntry.objects.latest("seq")
    assert [line["seq"] for line in lines] == list(range(1, recorded.seq + 1))
    assert (lines[-1]["kind"], lines[-1]["payload"]) == (
        "LEDGER_EXPORT",
        {"by": holder("AUDITOR").pk},
    )
    assert "市民の負担" not in file.decode()
    assert holder("HEAD-SHIMIN").family_name not in file.decode()
    assert f"台帳 #1から#{recorded.seq}まで" in text_of(browser.get("/ledger/"))


def test_a_second_click_finds_the_open_copy(office: City) -> None:
    auditor = holder("AUDITOR")

    first, second = (export_ledger(by=auditor, at=AT) for _click in range(2))

    assert first == second
    assert LedgerEntry.objects.filter(kind="LEDGER_EXPORT").count() == 1


def test_nobody_else_takes_a_copy(office: City) -> None:
    before = LedgerEntry.objects.count()

    with pytest.raises(NotAllowed):
        export_ledger(by=holder("HEAD-SHIMIN"), at=AT)

    assert (LedgerEntry.objects.count(), BackgroundRun.objects.count()) == (before, 0)


def test_a_copy_is_for_who_took_it(office: City) -> None:
    export_ledger(by=holder("AUDITOR"), at=AT)
    actions.sweep(worker="w", clock=lambda: AT)
    run = BackgroundRun.objects.get(kind=EXPORT)

    other = client_of("SECRETARIAT").get(f"/ledger/exports/{run.pk}/")
    own = client_of("AUDITOR").get(f"/ledger/exports/{run.pk}/")

    assert (other.status_code, own.status_code) == (404, 200)
    assert b"LEDGER_EXPORT" in b"".join(own)


def test_the_page_shows_days_and_months_and_what_went_wrong(office: City) -> None:
    AnchorDay.objects.create(day=AT.date(), tried_at=AT, error="PermissionError")
    actions.ask_for_check(at=AT)
    actions.sweep(worker="w", clock=lambda: AT)

    page = text_of(client_of("AUDITOR").get("/ledger/"))

    assert "本日の控えが書き出されていません" in page
    assert "控えの保存先に書き込む権限がありません" in page
    assert "正常" in page
    assert LedgerCheck.objects.get().head_hash in page


@pytest.mark.parametrize("copies", [1, 3])
def test_the_page_costs_the_same_however_much_there_is(
    office: City, django_assert_num_queries: DjangoAssertNumQueries, copies: int
) -> None:
    for _each in range(copies):
        export_ledger(by=holder("AUDITOR"), at=AT)
        actions.sweep(worker="w", clock=lambda: AT)
    browser = client_of("AUDITOR")
    browser.get("/ledger/")

    with django_assert_num_queries(10):
        browser.get("/ledger/")


# --- the program that needs only the copy ------------------------------------------------------


def copy_of_the_ledger(folder: Path, *options: str) -> Path:
    path = folder / "ledger.jsonl"
    path.unlink(missing_ok=True)
    call_command("export_ledger", str(path), *options)
    return path


def verified(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run in a bare interpreter: no packages, no environment, another directory."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(path), "--json", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=path.parent,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_a_bare_interpreter_finds_a_copy_sound(office: City, tmp_path: Path, anchors: Path) -> None:
    case = a_project(route="RT3", to=StepKind.DECISION)
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    other = a_project()
    say(other, Outcome.APPROVED, by=deputy)
    withdraw(other)
    other.refresh_from_db()
    disposed = dispose(other).texts
    say(case, Outcome.ADOPTED)
    ledger.write_anchor(anchors, at=AT)

    for words in ((), ("--with-words",)):
        path = copy_of_the_ledger(tmp_path, *words)
        code, found = verified(path, "--anchor", str(anchors))

        whole = ledger.verify()
        assert (code, found) == (
            0,
            {
                "ok": True,
                "count": whole.count,
                "head_hash": whole.head_hash,
                "derived": whole.derived,
                "disposed": disposed,
                "first_bad_seq": None,
                "reason": None,
            },
        )


Lines = list[dict[str, Any]]


def relinked(lines: Lines) -> Lines:
    """Every hash computed anew: what only an anchor or the rules can find."""
    previous = verify_ledger.GENESIS
    for line in lines:
        spelled = [previous, line["seq"], line["recorded_at"], line["kind"], line["payload"]]
        line["prev_hash"] = previous
        line["hash"] = previous = ledger.sha256_of(ledger.canonical(spelled))
    return lines


def changed(lines: Lines, **payload: Any) -> Lines:
    """The last decision says something else, hashes and all."""
    decisions = [line for line in lines if line["kind"] == "DECISION"]
    decisions[-1]["payload"].update(payload)
    return relinked(lines)


def _edit(lines: Lines) -> Lines:
    lines[-3]["payload"]["round"] = 9
    return lines


def _blank(lines: Lines) -> Lines:
    told = [line for line in lines if "comment" in line["texts"]][-1]
    told["texts"]["comment"]["blanked"] = True
    return lines


def _other_words(lines: Lines) -> Lines:
    told = [line for line in lines if "comment" in line["texts"]][-1]
    told["texts"]["comment"]["text"] = "別の言葉"
    return lines


def _other_digest(lines: Lines) -> Lines:
    told = [line for line in lines if "comment" in line["texts"]][-1]
    told["texts"]["comment"]["sha256"] = "0" * 64
    return lines


def _backdated(lines: Lines) -> Lines:
    """The appointment of the decider comes only after the decision."""
    said = [line for line in lines if line["kind"] == "DECISION"][-1]["payload"]
    for line in lines:
        told = line["payload"]
        is_own = line["kind"] == "APPOINTMENT" and told["post"] == said["post"]
        if is_own and told["person"] == said["decided_by"]:
            told["starts_on"] = "2030-04-01"
    return relinked(lines)


def _on_leave(lines: Lines) -> Lines:
    said = [line for line in lines if line["kind"] == "DECISION"][-1]["payload"]
    lines[0]["kind"] = "SUSPENSION"
    lines[0]["payload"] = {
        "person": said["decided_by"],
        "kind": "LEAVE",
        "starts_on": "2020-01-01",
        "ends_on": None,
    }
    return relinked(lines)


def _own_matter(lines: Lines) -> Lines:
    """The decider had submitted the matter."""
    decisions = [line["payload"] for line in lines if line["kind"] == "DECISION"]
    last = decisions[-1]
    submitted = next(each for each in decisions if each["outcome"] == "SUBMITTED")
    submitted.update(decided_by=last["decided_by"], post=last["post"], run=last["run"])
    return relinked(lines)


FRAUDS: Final[dict[str, tuple[str, Callable[[Lines], Lines]]]] = {
    "a row was edited": ("ALTERED_ROW", _edit),
    "a row was taken out": ("MISSING_ROW", lambda lines: [*lines[:-3], *lines[-2:]]),
    "a row was inserted": ("MISSING_ROW", lambda lines: [*lines[:-2], lines[-3], *lines[-2:]]),
    "two rows changed places": (
        "MISSING_ROW",
        lambda lines: [*lines[:-3], lines[-2], lines[-3], lines[-1]],
    ),
    "two rows changed places and numbers": (
        "BROKEN_LINK",
        lambda lines: [
            *lines[:-3],
            {**lines[-2], "seq": lines[-3]["seq"]},
            {**lines[-3], "seq": lines[-2]["seq"]},
            lines[-1],
        ],
    ),
    "the end was cut off": ("CUT_TAIL", lambda lines: lines[:-3]),
    "everything was rewritten": ("WRONG_ANCHOR", lambda lines: changed(lines, round=9)),
    "words blanked without an act": ("ALTERED_TEXT", _blank),
    "other words": ("ALTERED_TEXT", _other_words),
    "another hash of the words": ("ALTERED_TEXT", _other_digest),
    "another person": ("NO_AUTHORITY", lambda lines: changed(lines, decided_by=999)),
    "another post": ("NO_AUTHORITY", lambda lines: changed(lines, post=999)),
    "another basis": ("NO_AUTHORITY", lambda lines: changed(lines, basis="ACTING")),
    "an appointment backdated": ("NO_AUTHORITY", _backdated),
    "on leave": ("NOT_IN_FORCE", _on_leave),
    "the own matter": ("CONFLICT", _own_matter),
    "nonsense": ("UNREADABLE", lambda lines: [*lines[:-1], {"seq": 1}]),
}


@pytest.mark.parametrize(("flaw", "do"), FRAUDS.values(), ids=FRAUDS)
def test_a_bare_interpreter_names_the_first_bad_row(
    office: City, tmp_path: Path, anchors: Path, flaw: str, do: Callable[[Lines], Lines]
) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    say(case, Outcome.ADOPTED)
    ledger.write_anchor(anchors, at=AT)
    path = copy_of_the_ledger(tmp_path, "--with-words")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    told = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in do(lines))
    path.write_text(told, encoding="utf-8")

    needs_anchor = flaw in {"CUT_TAIL", "WRONG_ANCHOR"}
    code, found = verified(path, *(("--anchor", str(anchors)) if needs_anchor else ()))
    assert (code, found["ok"], found["reason"]) == (1, False, flaw)
    assert found["first_bad_seq"] is not None


def test_a_deputy_who_stands_for_nobody_is_named(office: City, tmp_path: Path) -> None:
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    say(a_project(), Outcome.APPROVED, by=deputy)
    path = copy_of_the_ledger(tmp_path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    told = "".join(f"{json.dumps(line)}\n" for line in changed(lines, on_behalf_of=deputy.pk))
    path.write_text(told, encoding="utf-8")

    assert verified(path)[1]["reason"] == "WRONG_BASIS"


def _of(lines: Lines, kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = next(line for line in lines if line["kind"] == kind)["payload"]
    return payload


def _ground(lines: Lines, **ground: Any) -> Lines:
    _of(lines, "TEXT_DISPOSAL")["ground"] = ground
    return lines


def _other_kind(lines: Lines) -> Lines:
    """The approval is no approval at all."""
    next(line for line in lines if line["kind"] == "DISPOSAL_APPROVED")["kind"] = "NOTE"
    return lines


def _approved_alone(lines: Lines) -> Lines:
    approval = _of(lines, "DISPOSAL_APPROVED")
    approval["by"] = approval["asked_by"]
    return lines


def _never_asked(lines: Lines) -> Lines:
    """The approval says that somebody asked who did not."""
    _of(lines, "DISPOSAL_APPROVED")["asked_by"] += 1
    return lines


def _of_another_case(lines: Lines) -> Lines:
    """Asked and approved, but for other words than those that were blanked."""
    for kind in ("DISPOSAL_ASKED", "DISPOSAL_APPROVED"):
        _of(lines, kind)["project"] += 1
    return lines


DISPOSAL_FRAUDS: Final[dict[str, Callable[[Lines], Lines]]] = {
    "no ground": _ground,
    "a row of another kind": lambda lines: _ground(lines, approval=1),
    "a row that is not there": lambda lines: _ground(lines, approval=len(lines) + 1),
    "no approval": _other_kind,
    "approved by who asked": _approved_alone,
    "never asked for": _never_asked,
    "the words of another case": _of_another_case,
}


@pytest.mark.parametrize("do", DISPOSAL_FRAUDS.values(), ids=DISPOSAL_FRAUDS)
def test_words_that_were_blanked_without_a_second_person_are_named(
    office: City, tmp_path: Path, do: Callable[[Lines], Lines]
) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    withdraw(case)
    case.refresh_from_db()
    dispose(case)
    path = copy_of_the_ledger(tmp_path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert verified(path)[0] == 0
    named = next(line["seq"] for line in lines if line["kind"] == "TEXT_DISPOSAL")

    told = "".join(f"{json.dumps(line)}\n" for line in relinked(do(lines)))
    path.write_text(told, encoding="utf-8")

    code, found = verified(path)
    assert (code, found["reason"], found["first_bad_seq"]) == (1, "NO_APPROVAL", named)


def test_every_basis_is_known_to_the_program() -> None:
    assert set(verify_ledger.BASES) == set(Basis)
    assert set(verify_ledger.NO_JUDGEMENT) | set(verify_ledger.ENDING) <= set(Outcome)


def test_a_file_that_is_not_there_is_a_clear_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(tmp_path / "nothing")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "ファイルを読めません" in done.stderr


def test_a_file_that_is_there_is_not_overwritten(office: City, tmp_path: Path) -> None:
    path = copy_of_the_ledger(tmp_path)
    before = LedgerEntry.objects.count()

    with pytest.raises(CommandError, match="書き出せません"):
        call_command("export_ledger", str(path))

    assert LedgerEntry.objects.count() == before


def test_the_program_is_offered_as_it_is(office: City) -> None:
    file = b"".join(client_of("AUDITOR").get("/ledger/verifier/"))

    assert file == VERIFIER.read_bytes()


def test_an_open_score_stays_in_the_house(office: City) -> None:
    """The copy is for 監査 and 事務局 alone: neither scores."""
    case = a_project(to=StepKind.REVIEW)
    assert the_slot(case).post.code.startswith("PT-")
    for code in ("PT-CHAIR", the_slot(case).post.code):
        assert client_of(code).post("/ledger/export/").status_code == 403
