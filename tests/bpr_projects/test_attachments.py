"""Files: what is taken, what is refused, and who may fetch them; all over HTTP."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from bpr_projects import drafts
from bpr_projects.drafts import Sender
from bpr_projects.forms import AttachmentForm, files
from bpr_projects.forms.files import tidy_name
from bpr_projects.models import Attachment, Project
from tests.make import AT, a_draft, holder, submit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 20


def office(folder: str, *more: str, content: bytes = b"<x/>") -> bytes:
    """A package as office programs write it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            package.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def draft(office: City) -> Project:
    return a_draft()


def url(project: Project, *key: object) -> str:
    name = "attachment" if key else "attachment-add"
    return reverse(name, args=[project.reference, *key])


def add(client: Client, project: Project, name: str, content: bytes, **data: str) -> str:
    """Upload; the messages of the page that follows."""
    client.force_login(project.proposer)
    file = SimpleUploadedFile(name, content, content_type="text/html")
    response = client.post(url(project), {"file": file, **data}, follow=True)
    return response.content.decode()


def content_of(response: Any) -> bytes:
    """Read to the end, as a browser does; that closes the file."""
    return b"".join(response)


# --- taken -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("見積書.pdf", PDF),
        ("画面.PNG", PNG),
        ("写真.jpg", JPG),
        ("写真.jpeg", JPG),
        ("様式.docx", office("word")),
        ("集計.xlsx", office("xl", "xl/printerSettings/printerSettings1.bin")),
        ("説明.pptx", office("ppt")),
        ("一覧.csv", "件名,件数\r\n転入,12".encode("cp932")),
        ("メモ.txt", "メモ".encode()),
    ],
)
def test_taken(client: Client, draft: Project, name: str, content: bytes) -> None:
    page = add(client, draft, name, content)

    row = Attachment.objects.get()
    assert f"「{name}」を添付しました。" in page
    assert (row.name, row.extension, row.size) == (
        name,
        name.rpartition(".")[2].lower(),
        len(content),
    )
    assert str(row.file.name).startswith("attachments/")
    assert name not in str(row.file.name)
    with row.file.open() as kept:
        assert kept.read() == content


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("macro.xlsm", office("xl"), "この種類のファイルは添付できません"),
        ("page.html", b"<script>", "この種類のファイルは添付できません"),
        ("image.svg", b"<svg onload='x'/>", "この種類のファイルは添付できません"),
        ("noextension", PDF, "この種類のファイルは添付できません"),
        ("page.pdf", b"<script>alert(1)</script>", "ファイルの中身が「pdf」ではない"),
        ("image.png", JPG, "ファイルの中身が「png」ではない"),
        ("plain.docx", b"PK\x03\x04 broken", "ファイルの中身が「docx」ではない"),
        ("swapped.docx", office("xl"), "ファイルの中身が「docx」ではない"),
        ("binary.txt", b"MZ\x00\x01", "ファイルの中身が「txt」ではない"),
        ("odd.csv", b"\x81\x20\xff", "ファイルの中身が「csv」ではない"),
        ("macro.docx", office("word", "word/vbaProject.bin"), "マクロや埋め込みプログラム"),
        ("ole.xlsx", office("xl", "xl/embeddings/oleObject1.bin"), "マクロや埋め込みプログラム"),
        ("bomb.docx", office("word", content=b"0" * 400_000), "展開後の大きさが異常"),
        ("empty.txt", b"", "ファイルが空です"),
    ],
)
def test_refused(client: Client, draft: Project, name: str, content: bytes, sentence: str) -> None:
    page = add(client, draft, name, content)

    assert sentence in page
    assert not Attachment.objects.exists()


def test_a_refusal_stands_beside_the_file_and_the_typed_text_is_saved(
    client: Client, draft: Project
) -> None:
    client.force_login(draft.proposer)
    typed = {"draft_version": str(draft.draft_version), "title": "新しい名前"}

    response = client.post(url(draft), {"file": SimpleUploadedFile("a.exe", b"MZ"), **typed})

    page = response.content.decode()
    files_card = page[page.index('id="files"') : page.index('class="formfoot"')]
    draft.refresh_from_db()
    assert response.status_code == 422
    assert 'id="id_file_error"' in files_card
    assert 'aria-describedby="id_file_helptext id_file_error"' in files_card
    assert "入力を確認してください（1か所）" in files_card
    assert f'formaction="{url(draft)}#files"' in files_card
    assert draft.title == "新しい名前"
    assert 'value="新しい名前"' in page
    assert f'name="draft_version" value="{draft.draft_version}"' in page


def test_nothing_chosen(client: Client, draft: Project) -> None:
    client.force_login(draft.proposer)

    page = client.post(url(draft), follow=True).content.decode()

    assert "添付するファイルを選んでください。" in page


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 2)
    form = AttachmentForm(
        {}, {"file": SimpleUploadedFile("a.docx", office("word", "word/b.xml"))}, existing=[]
    )

    assert "展開後の大きさが異常" in str(form.errors)


def stored(size: int, count: int = 1) -> list[Attachment]:
    return [Attachment(size=size) for _ in range(count)]


@pytest.mark.parametrize(
    ("size", "existing", "sentence"),
    [
        (20 * 1024 * 1024 + 1, [], "ファイルが大きすぎます（20.0MB）。1つ20MBまでです。"),
        (10, stored(1, 10), "添付は10個までです。"),
        (10 * 1024 * 1024, stored(19 * 1024 * 1024, 5), "合計が100MBを超えます。"),
    ],
)
def test_limits(size: int, existing: list[Attachment], sentence: str) -> None:
    file = SimpleUploadedFile("a.txt", b"x")
    file.size = size
    form = AttachmentForm({}, {"file": file}, existing=existing)

    assert sentence in str(form.errors)


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("..\\..\\secret.pdf", "secret.pdf"),
        ("../../secret.pdf", "secret.pdf"),
        ("a\r\nX-Header: 1.pdf", "aX-Header: 1.pdf"),
        ("fdp\u202ea.pdf", "fdpa.pdf"),
        ("か\u3099.pdf", "が.pdf"),
        ("長" * 200 + ".pdf", "長" * 116 + ".pdf"),
        (".htaccess", "htaccess"),
        ("...", "file"),
    ],
)
def test_names_are_data(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


# --- with the text, and taken off ------------------------------------------------------------


def test_a_file_takes_the_typed_text_along(client: Client, draft: Project) -> None:
    typed = {"draft_version": str(draft.draft_version), "title": "新しい名前"}

    add(client, draft, "a.pdf", PDF, **typed)

    draft.refresh_from_db()
    assert draft.title == "新しい名前"
    assert Attachment.objects.count() == 1


def test_a_wrong_text_keeps_the_file_out(client: Client, draft: Project) -> None:
    client.force_login(draft.proposer)
    typed = {"draft_version": str(draft.draft_version), "volume": "たくさん"}

    response = client.post(url(draft), {"file": SimpleUploadedFile("a.pdf", PDF), **typed})

    assert response.status_code == 422
    assert "たくさん" in response.content.decode()
    assert not Attachment.objects.exists()


def test_a_stale_text_shows_both(client: Client, draft: Project) -> None:
    client.force_login(draft.proposer)

    response = client.post(url(draft), {"draft_version": "1", "title": "古い画面の名前"})

    assert response.status_code == 409
    assert "古い画面の名前" in response.content.decode()


def remove(client: Client, project: Project, row: Attachment, **data: str) -> int:
    target = reverse("attachment-remove", args=[project.reference, row.key])
    return client.post(target, data).status_code


def test_taken_off_but_kept_for_its_revision(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()
    draft.refresh_from_db()
    project = submit(draft)
    revision = project.revision
    assert revision is not None

    drafts.detach(sender=Sender(project.proposer), project=project, attachment=row, at=AT)

    response = client.get(url(project, row.key))
    assert content_of(response) == PDF
    assert list(revision.attachments.all()) == [row]


def test_taken_off_twice_is_once(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()

    assert remove(client, draft, row) == 302
    row.refresh_from_db()
    first = row.removed_at
    assert remove(client, draft, row) == 302
    row.refresh_from_db()
    assert first is not None
    assert row.removed_at == first


def test_submitted_cases_take_no_files(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()
    draft.refresh_from_db()
    project = submit(draft)

    response = client.post(url(project), {"file": SimpleUploadedFile("b.pdf", PDF)})

    assert response.status_code == 403
    assert remove(client, project, row) == 403
    assert remove(client, project, row, draft_version="2", title="長い長い長い提案の名前") == 409
    assert Attachment.objects.filter(removed_at=None).count() == 1


def test_files_of_another_case_are_404(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()
    other = a_draft()

    assert remove(client, other, row) == 404
    assert client.get(url(other, row.key)).status_code == 404


# --- fetched ---------------------------------------------------------------------------------


def test_download_cannot_run(client: Client, draft: Project) -> None:
    add(client, draft, "見積書 (1).pdf", PDF)
    row = Attachment.objects.get()

    response = client.get(url(draft, row.key))

    assert content_of(response) == PDF
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"


def test_strangers_get_404(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()
    client.force_login(holder("LEADER-ZEIMU"))

    assert client.get(url(draft, row.key)).status_code == 404
    assert client.post(url(draft)).status_code == 404
    assert remove(client, draft, row) == 404


def test_nobody_fetches_without_login(client: Client, draft: Project) -> None:
    add(client, draft, "a.pdf", PDF)
    row = Attachment.objects.get()
    client.logout()

    for target in (url(draft, row.key), url(draft)):
        response = client.post(target) if target == url(draft) else client.get(target)
        assert response.status_code == 302
        assert "/login/" in response["Location"]
