"""What no file of the repository may contain."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Spelled so that this file does not find itself.
MACHINE_PATH = re.compile(r"(^|[^.\w-])/(wor[k]|roo[t]|op[t]|hom[e]/\w+|User[s]/\w+)/")
REGISTRY = re.compile(
    r"(pyp[i]\.org|pythonhoste[d]\.org|registry\.npm[j]s|index-ur[l]|\"resolve[d]\":)"
)
NOT_TEXT = {".png", ".jpg", ".pdf", ".ico", ".woff2", ".xlsx", ".docx", ".mo", ".gif", ".webp"}
INLINE = re.compile(
    r"""<[^>]*\s(style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\ssrc=)[^>]*>|javascript:""",
    re.IGNORECASE,
)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+off")


@cache
def tracked() -> list[Path]:
    """The files that git knows."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def templates() -> list[Path]:
    """The pages; a mail has no style sheet and is read elsewhere."""
    pages = (ROOT / "templates").rglob("*.html")
    return sorted(page for page in pages if "email" not in page.relative_to(ROOT).parts)


def findings(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Each place where the pattern occurs."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine-path", "registry"])
def test_no_file_names_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    files = [file for file in tracked() if file.suffix not in NOT_TEXT and file.name != "LICENSE"]

    assert findings(pattern, files) == []


def test_no_page_has_what_the_content_policy_forbids() -> None:
    assert findings(INLINE, templates()) == []


def test_no_page_switches_escaping_off() -> None:
    assert findings(UNESCAPED, templates()) == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert INLINE.search('<p class="a" style="color:red">')
    assert INLINE.search("<button onclick='x()'>")
    assert INLINE.search("<script>alert(1)</script>")
    assert not INLINE.search('<script src="/static/app.js" defer></script>')
    slash = "/"
    assert MACHINE_PATH.search(f"see {slash}root{slash}x")
    assert not MACHINE_PATH.search("var/root/x")
