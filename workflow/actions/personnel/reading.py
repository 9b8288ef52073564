"""From a spreadsheet or a CSV to lines of text. Formulas are read as their values, never run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bpr_projects.forms.fields import UNSEEN
from bpr_projects.forms.files import MEGABYTE, TEXT_ENCODINGS, check_content, tidy_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from django.core.files.uploadedfile import UploadedFile

COLUMNS: Final[dict[str, str]] = {
    "職員番号": "number",
    "氏名": "name",
    "ふりがな": "kana",
    "メールアドレス": "email",
    "職": "post",
    "区分": "kind",
    "発令日": "day",
}
"""What the first line says -> the part of a line. The order of the columns does not matter."""

NEEDED: Final = ("職員番号", "氏名", "職", "発令日")
MOST_LINES: Final = 10_000
MOST_SCANNED: Final = 100_000
"""Empty lines below a list do not count; so far they are read."""
MOST_BYTES: Final = 5 * MEGABYTE
MOST_UNPACKED: Final = 60 * MEGABYTE
MOST_COLUMNS: Final = 30
LONGEST_CELL: Final = 120
LEAVES: Final = ("退職", "離職", "なし", "-", "－")
"""What stands for the post of somebody who leaves."""


class Unreadable(Exception):
    """The file as a whole cannot be taken; the sentence says why."""


@dataclass(frozen=True)
class Line:
    """One line of the list, as it was typed. ``at``: its number in the file."""

    at: int
    number: str = ""
    name: str = ""
    kana: str = ""
    email: str = ""
    post: str = ""
    kind: str = ""
    day: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def lines_of(content: UploadedFile[Any]) -> list[Line]:
    """Every line with something on it; raises ``Unreadable``."""
    name = tidy_name(content.name or "")
    size = int(content.size or 0)
    if size == 0:
        raise Unreadable(_("ファイルが空です。"))
    if size > MOST_BYTES:
        raise Unreadable(_("ファイルが大きすぎます。5MBまでです。"))
    extension = PurePosixPath(name).suffix.lower().lstrip(".")
    if extension not in ("xlsx", "csv"):
        raise Unreadable(_("Excel（xlsx、マクロなし）かCSVのファイルを選んでください。"))
    try:
        check_content(content, extension)
    except ValidationError as refusal:
        raise Unreadable(" ".join(refusal.messages)) from refusal
    rows = _sheet(content) if extension == "xlsx" else _table(content)
    filled = ((at, row) for at, row in enumerate(islice(rows, MOST_SCANNED), 1) if any(row))
    return _lines(list(islice(filled, MOST_LINES + 2)))


def _sheet(content: UploadedFile[Any]) -> Iterator[list[str]]:
    """The first sheet, row by row."""
    file: IO[bytes] = content.file or content
    try:
        with zipfile.ZipFile(file) as package:
            unpacked = sum(each.file_size for each in package.infolist())
        if unpacked > MOST_UNPACKED:
            raise Unreadable(_("ファイルの展開後の大きさが異常なため、取り込めません。"))
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a sheet has beside its cells
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
                yield [_text(each) for each in row]
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        RuntimeError,
        OSError,
    ) as error:
        raise Unreadable(
            _("Excelのファイルとして読み取れません。元のソフトで保存し直してください。")
        ) from error


def _text(value: Any) -> str:
    """A cell as people read it: days as days, whole numbers without a point."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _table(content: UploadedFile[Any]) -> Iterator[list[str]]:
    raw = content.read()
    for encoding in TEXT_ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield from csv.reader(io.StringIO(text, newline=""), strict=True)
        except csv.Error as error:
            raise Unreadable(
                _('CSVとして読み取れません。引用符（"）の閉じ忘れなどを確かめてください。')
            ) from error
        return


def _lines(rows: list[tuple[int, list[str]]]) -> list[Line]:
    if not rows:
        raise Unreadable(_("ファイルに行がありません。"))
    heads = [_tidy(each) for each in rows[0][1]]
    missing = [each for each in NEEDED if each not in heads]
    if missing:
        raise Unreadable(
            _("1行目に「%s」の列がありません。ひな形をお使いください。") % "」「".join(missing)
        )
    if len(rows) > MOST_LINES + 1:
        raise Unreadable(_("1つのファイルは10,000行までです。分けて取り込んでください。"))
    parts = [COLUMNS.get(head) for head in heads]
    found = list(_filled(rows[1:], parts))
    if not found:
        raise Unreadable(_("2行目から下に、職員の行がありません。"))
    return found


def _filled(rows: Iterable[tuple[int, list[str]]], parts: list[str | None]) -> Iterator[Line]:
    for at, row in rows:
        values = {part: _tidy(cell) for part, cell in zip(parts, row, strict=False) if part}
        if any(values.values()):
            yield Line(at, **values)


def _tidy(cell: str) -> str:
    """NFC, without what cannot be seen; a cell that is far too long is cut, and so never fits."""
    return re.sub(r"\s+", " ", UNSEEN.sub(" ", unicodedata.normalize("NFC", cell[:2000]))).strip()[
        : LONGEST_CELL + 1
    ]
