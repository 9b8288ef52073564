"""Somebody who goes on working while processes die, and keeps what the system said it took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpr_projects.models import Project
    from roles.models import User


class Clerk(threading.Thread):
    """Writes one remark after the other on a case, and asks the same people to look at each.

    ``taken``: the remarks that the web acknowledged. ``answers``: every status it gave.
    """

    def __init__(
        self, base: str, person: User, password: str, case: Project, others: Sequence[User]
    ) -> None:
        super().__init__(daemon=True)
        self.base, self.case = base, case
        self.login = {"login": person.employee_number, "password": password}
        self.called = " ".join(f"@{each.name}" for each in others)
        self.taken: list[str] = []
        self.answers: Counter[int] = Counter()
        self.is_over = threading.Event()
        self.browser = requests.Session()

    def run(self) -> None:
        """Whatever is not acknowledged is not repeated either: the next remark is another one."""
        n = 0
        while not self.is_over.is_set():
            n += 1
            try:
                self._write(f"{self.called} その{n}をご確認ください。")
            except requests.RequestException:  # nobody there: the web was just killed
                time.sleep(0.1)

    def _write(self, text: str) -> None:
        if settings.SESSION_COOKIE_NAME not in self.browser.cookies:
            self.browser.get(f"{self.base}/accounts/login/", timeout=10)
            self._post("/accounts/login/", **self.login)
        url = f"/p/{self.case.reference}/discussion/"
        if self._post(url, kind="REMARK", level="PARTIES", text=text) == HTTPStatus.FOUND:
            self.taken.append(text)

    def _post(self, path: str, **form: str) -> int:
        token = self.browser.cookies.get(settings.CSRF_COOKIE_NAME, "")
        answer = self.browser.post(
            self.base + path,
            {**form, "csrfmiddlewaretoken": token},
            allow_redirects=False,
            timeout=10,
        )
        self.answers[answer.status_code] += 1
        return answer.status_code
