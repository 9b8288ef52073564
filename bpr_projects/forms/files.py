"""Checked files: allowed by extension and by content, and nothing that could run.

Office files are opened as zip directories only, never parsed. The original name is data.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.forms.fields import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.uploadedfile import UploadedFile

    from bpr_projects.models import Attachment

MEGABYTE: Final = 1024 * 1024
MOST_BYTES: Final = 20 * MEGABYTE
MOST_FILES: Final = 10
MOST_BYTES_OF_CASE: Final = 100 * MEGABYTE
MOST_ENTRIES: Final = 2_000
MOST_UNPACKED: Final = 300 * MEGABYTE
MOST_RATIO: Final = 100
LONGEST_NAME: Final = 120

ZIP: Final = b"PK\x03\x04"
MAGIC: Final[dict[str, tuple[bytes, ...]]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "docx": (ZIP,),
    "xlsx": (ZIP,),
    "pptx": (ZIP,),
    "txt": (),
    "csv": (),
}
"""Extension -> first bytes; none: plain text."""

OFFICE: Final = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
ACTIVE: Final = re.compile(
    r"vbaproject|\.bin$|(^|/)(activex|macrosheets)/|\.(exe|dll|js|vbs)$", re.IGNORECASE
)
PRINTER: Final = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
TEXT_ENCODINGS: Final = ("utf-8-sig", "cp932")
SCANNED: Final = ("pdf", "jpg", "jpeg", "png")
"""What a scanner makes."""


@dataclass(frozen=True)
class CheckedFile:
    """What is known of a file that passed."""

    name: str
    extension: str
    size: int
    sha256: str
    content: UploadedFile[Any]


class AttachmentForm(forms.Form):
    """One file for a case that has ``existing`` ones."""

    file = forms.FileField(
        label=gettext_lazy("添付ファイル"),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("添付するファイルを選んでください。")},
        help_text=gettext_lazy(
            "1つ20MBまで、1案件10個・合計100MBまで。PDF、Word、Excel、PowerPoint（マクロなし）、画像、テキスト、CSV"
        ),
    )

    def __init__(self, *args: Any, existing: Sequence[Attachment], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.existing = existing
        accepted = ",".join(f".{each}" for each in MAGIC)
        self.fields["file"].widget.attrs["accept"] = accepted

    def clean_file(self) -> CheckedFile:
        content = self.cleaned_data["file"]
        check_size(content)
        self._fits(int(content.size or 0))
        return checked(content, tuple(MAGIC))

    def _fits(self, size: int) -> None:
        if len(self.existing) >= MOST_FILES:
            raise ValidationError(_("添付は10個までです。不要なファイルを外してください。"))
        if size + sum(each.size for each in self.existing) > MOST_BYTES_OF_CASE:
            raise ValidationError(
                _("添付の合計が100MBを超えます。不要なファイルを外してください。")
            )


class ScanField(forms.FileField):
    """The scan of one paper: a PDF or a picture, cleaned to a ``CheckedFile``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)
        self.widget.attrs["accept"] = ",".join(f".{each}" for each in SCANNED)

    def clean(self, data: Any, initial: Any = None) -> Any:
        content = super().clean(data, initial)
        if not content:
            return content
        check_size(content)
        return checked(content, SCANNED)


def check_size(content: UploadedFile[Any]) -> None:
    """Raise ``ValidationError`` for what is empty or larger than any file may be."""
    size = int(content.size or 0)
    if size == 0:
        raise ValidationError(_("ファイルが空です。中身のあるファイルを選んでください。"))
    if size > MOST_BYTES:
        raise ValidationError(
            _("ファイルが大きすぎます（%(size).1fMB）。1つ20MBまでです。")
            % {"size": size / MEGABYTE}
        )


def checked(content: UploadedFile[Any], allowed: tuple[str, ...]) -> CheckedFile:
    """What is known of a file of these extensions whose bytes are what its name says."""
    name = tidy_name(content.name or "")
    extension = PurePosixPath(name).suffix.lower().lstrip(".")
    if extension not in allowed:
        raise ValidationError(
            _("この種類のファイルは添付できません。添付できるのは %s です。") % "、".join(allowed)
        )
    check_content(content, extension)
    return CheckedFile(name, extension, int(content.size or 0), digest_of(content), content)


def tidy_name(name: str) -> str:
    """The last part of a name in NFC without anything unseen, cut before its extension."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = UNSEEN.sub("", base).strip().strip(".") or "file"
    path = PurePosixPath(base)
    return f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}"


def digest_of(content: UploadedFile[Any]) -> str:
    """SHA-256, read in pieces."""
    digest = hashlib.sha256()
    for piece in content.chunks():
        digest.update(piece)
    content.seek(0)
    return digest.hexdigest()


def check_content(content: UploadedFile[Any], extension: str) -> None:
    """Raise ``ValidationError`` unless the bytes are what the extension says."""
    content.seek(0)
    head = content.read(16)
    content.seek(0)
    wrong = ValidationError(
        _("ファイルの中身が「%s」ではないようです。元のソフトで保存し直してください。") % extension
    )
    if MAGIC[extension] and not head.startswith(MAGIC[extension]):
        raise wrong
    if extension in OFFICE and not _is_office(content, OFFICE[extension]):
        raise wrong
    if not MAGIC[extension] and not _is_text(content):
        raise wrong
    content.seek(0)


def _is_text(content: UploadedFile[Any]) -> bool:
    raw = content.read()
    if b"\x00" in raw:
        return False
    for encoding in TEXT_ENCODINGS:
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _is_office(content: UploadedFile[Any], folder: str) -> bool:
    """A zip of the right layout. Macros and bombs are refused with their own sentence."""
    try:
        with zipfile.ZipFile(content.file or content) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    names = [each.filename for each in entries]
    if any(ACTIVE.search(name) and not PRINTER.search(name) for name in names):
        raise ValidationError(
            _(
                "マクロや埋め込みプログラムを含むファイルは添付できません。マクロなしの形式で保存し直してください。"
            )
        )
    unpacked = sum(each.file_size for each in entries)
    packed = max(sum(each.compress_size for each in entries), 1)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked / packed > MOST_RATIO:
        raise ValidationError(
            _("ファイルの展開後の大きさが異常なため、添付できません。作り直してください。")
        )
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
