"""Small real files for the sample cases, made by code and checked like every upload."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile

from bpr_projects import drafts
from bpr_projects.drafts import Sender
from bpr_projects.forms import AttachmentForm

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Attachment, Project
    from roles.models import User

WIDTH, HEIGHT = 360, 220
WHITE, LINE, FILL, MARK = 0, 1, 2, 3
PALETTE: Final = bytes((255, 255, 255, 89, 99, 110, 217, 230, 255, 0, 23, 193))

Box = tuple[int, int, int, int]

PLANS: Final[dict[str, tuple[Box, ...]]] = {
    "窓口の配置案.png": (
        (20, 20, 100, 60),
        (130, 20, 100, 60),
        (240, 20, 100, 60),
        (20, 130, 320, 70),
    ),
    "除雪路線図（抜粋）.png": (
        (10, 100, 340, 14),
        (80, 10, 12, 200),
        (200, 40, 12, 170),
        (290, 10, 12, 140),
    ),
}
"""Drawings: boxes of (left, top, width, height) on a white sheet."""


def attach(project: Project, name: str, text: str, *, by: User, at: datetime) -> Attachment:
    """Take a made file through the form that checks uploads."""
    upload = SimpleUploadedFile(name, _content(name, text))
    existing = list(project.attachments.filter(removed_at=None))
    form = AttachmentForm({}, {"file": upload}, existing=existing)
    if not form.is_valid():
        raise ValueError(f"{name}: {form.errors.as_text()}")
    checked = form.cleaned_data["file"]
    return drafts.attach(sender=Sender(by), project=project, checked=checked, at=at)


def _content(name: str, text: str) -> bytes:
    if name.endswith(".png"):
        return _png(PLANS[name])
    if name.endswith(".pdf"):
        return _pdf(text)
    return text.encode("utf-8-sig")


def _png(boxes: tuple[Box, ...]) -> bytes:
    """A drawing in four colors."""
    rows = [bytearray([WHITE]) * WIDTH for _ in range(HEIGHT)]
    for number, (left, top, width, height) in enumerate(boxes):
        fill = MARK if number == 0 else FILL
        for y in range(top, top + height):
            edge = y in (top, top + height - 1)
            rows[y][left : left + width] = bytes([LINE if edge else fill]) * width
            rows[y][left] = rows[y][left + width - 1] = LINE
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", PALETTE), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pdf(text: str) -> bytes:
    """One ruled A4 page with a line of Latin letters: no font has to be embedded."""
    lines = " ".join(f"56 {y} m 539 {y} l S" for y in range(120, 740, 28))
    drawing = f"0.5 w {lines} BT /F1 14 Tf 56 770 Td ({text}) Tj ET".encode("ascii")
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return _assembled(bodies)


def _assembled(bodies: list[bytes]) -> bytes:
    page = b"%PDF-1.4\n"
    places: list[int] = []
    for number, body in enumerate(bodies, 1):
        places.append(len(page))
        page += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table: Any = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(bodies) + 1
    return (
        page
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(page))
    )
