"""What a list would change, line by line, from a fixed number of queries. Nothing is written.

For everybody named, the lines say which posts are held from the day on: others end with that day.
Who is not named stays as is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.forms.fields import DAYS
from records import ledger
from roles.enums import AppointmentKind
from roles.models import Appointment, Post, User
from workflow.actions.personnel.reading import LEAVES, LONGEST_CELL, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

MOST_CHANGES: Final = 1_000
NEW, ENDED, UNCHANGED = "new", "ended", "unchanged"
LONGEST_NUMBER: Final = 10
NUMBER: Final = User._meta.get_field("employee_number")  # noqa: SLF001 -- Django's documented name


@dataclass(frozen=True)
class Move:
    """One appointment that begins, ends, or stays.

    One that would have begun on the day it ends is taken back.
    """

    what: str
    number: str
    name: str
    post: Post
    kind: str
    day: date
    at: int
    row: Appointment | None = None


@dataclass(frozen=True)
class Newcomer:
    """Somebody unknown so far."""

    number: str
    family_name: str
    given_name: str
    kana: str
    email: str


@dataclass
class Plan:
    """What would change. ``errors``: line -> why it cannot be taken."""

    moves: list[Move] = field(default_factory=list)
    newcomers: list[Newcomer] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)

    @property
    def changes(self) -> list[Move]:
        """Moves that change something."""
        return [each for each in self.moves if each.what != UNCHANGED]

    @property
    def counts(self) -> dict[str, int]:
        """Appointments that begin, end, stay; people who move, come and go."""
        whats = Counter(each.what for each in self.moves)
        begun = {each.number for each in self.moves if each.what == NEW}
        ended = {each.number for each in self.moves if each.what == ENDED}
        return {
            "new": whats[NEW],
            "ended": whats[ENDED],
            "unchanged": whats[UNCHANGED],
            "moved": len(begun & ended),
            "newcomers": len(self.newcomers),
        }

    @property
    def digest(self) -> str:
        """Of everything that would be done, so that a confirmation means what was shown."""
        rows = [
            [each.what, each.number, each.post.pk, str(each.kind), each.day.isoformat()]
            for each in self.moves
        ]
        return ledger.sha256_of(ledger.canonical([rows, [each.number for each in self.newcomers]]))


def plan_of(lines: Sequence[Line], *, today: date) -> Plan:
    """Read people, posts and appointments once (three queries), then compare."""
    return _Planner(lines, today).plan()


@dataclass(frozen=True)
class _Read:
    """A line whose words were understood. Without a post the person leaves."""

    line: Line
    post: Post | None
    kind: str
    day: date


class _Planner:
    def __init__(self, lines: Sequence[Line], today: date) -> None:
        self.lines, self.today = lines, today
        self.result = Plan()
        numbers = {each.number for each in lines if 0 < len(each.number) <= LONGEST_NUMBER}
        self.people = {
            each.employee_number: each for each in User.objects.filter(employee_number__in=numbers)
        }
        self.posts: dict[str, list[Post]] = defaultdict(list)
        for post in Post.objects.filter(Q(ends_on=None) | Q(ends_on__gt=today)).order_by("pk"):
            for word in {post.title, post.code}:
                self.posts[word].append(post)
        self.held: dict[int, list[Appointment]] = defaultdict(list)
        rows = Appointment.objects.overlapping(today, None).select_related("person", "post")
        for row in rows.order_by("pk"):
            self.held[row.post_id].append(row)

    def plan(self) -> Plan:
        by_person: dict[str, list[_Read]] = defaultdict(list)
        for line in self.lines:
            try:
                by_person[line.number].append(self._read(line))
            except ValidationError as refusal:
                self._error(line, " ".join(refusal.messages))
        failed = {at for at, _why in self.result.errors}
        wrong = {each.number for each in self.lines if each.at in failed}
        for number, reads in by_person.items():
            if number not in wrong:
                self._compare(number, reads)
        self._meet()
        if len(self.result.changes) > MOST_CHANGES:
            words = _("変更が1,000件を超えています。部ごとなどに分けて取り込んでください。")
            self.result.errors.append((1, words))
        self.result.errors.sort()
        self.result.moves.sort(key=lambda each: (each.at, each.what != ENDED))
        return self.result

    def _error(self, line: Line, why: str) -> None:
        self.result.errors.append((line.at, why))

    # --- one line ----------------------------------------------------------------------------

    def _read(self, line: Line) -> _Read:
        self._check_person(line)
        day = calendar.parse_date(line.day)
        if day is None or not DAYS[0] <= day <= DAYS[1]:
            raise ValidationError(_("発令日「%s」を読み取れません。") % line.day)
        if day < self.today:
            raise ValidationError(
                _("発令日 %s が過ぎています。今日以降の日にしてください。")
                % calendar.plain_day(day)
            )
        kind = _kind(line.kind)
        if line.post in LEAVES:
            return _Read(line, None, kind, day)
        return _Read(line, self._post(line, day), kind, day)

    def _check_person(self, line: Line) -> None:
        too_long = [each for each in (line.name, line.kana, line.post) if len(each) > LONGEST_CELL]
        if too_long:
            raise ValidationError(_("文字が多すぎる欄があります。"))
        try:
            NUMBER.run_validators(line.number)
        except ValidationError:
            raise ValidationError(_("職員番号「%s」が正しくありません。") % line.number) from None
        if not line.number:
            raise ValidationError(_("職員番号がありません。"))
        known = self.people.get(line.number)
        if known is None:
            _check_newcomer(line)
        elif "".join(line.name.split()) != known.family_name + known.given_name:
            words = _("職員番号 %(number)s は %(known)s さんです（行には「%(name)s」）。")
            raise ValidationError(
                words % {"number": line.number, "known": known.name, "name": line.name}
            )
        elif not known.is_active:
            raise ValidationError(_("%s さんの登録は無効です（退職等）。") % known.name)
        elif not known.email and line.post not in LEAVES:
            raise ValidationError(_("%s さんのメールアドレスが登録されていません。") % known.name)

    def _post(self, line: Line, day: date) -> Post:
        found = [each for each in self.posts.get(line.post, []) if each.is_in_force(day)]
        if not line.post:
            raise ValidationError(_("職がありません。離れる方は「退職」と書いてください。"))
        if not found:
            words = _("「%(post)s」という職は、%(day)s にありません。")
            raise ValidationError(words % {"post": line.post, "day": calendar.plain_day(day)})
        if len(found) > 1:
            raise ValidationError(
                _("「%s」という職が2つ以上あります。職のコードで書いてください。") % line.post
            )
        return found[0]

    # --- one person --------------------------------------------------------------------------

    def _compare(self, number: str, reads: list[_Read]) -> None:
        """Posts of the lines against those held on the day."""
        if why := _at_odds(reads):
            self._error(reads[-1].line, why)
            return
        person, first = self.people.get(number), reads[0].line
        held = {} if person is None else self._held_by(person, reads[0].day)
        name = person.name if person else first.name
        wanted = {each.post.pk: (each.post, each) for each in reads if each.post}
        for pk, (post, each) in wanted.items():
            what, at = UNCHANGED if pk in held else NEW, each.line.at
            move = Move(what, number, name, post, each.kind, each.day, at, held.get(pk))
            self.result.moves.append(move)
        for row in held.values():
            if row.post_id not in wanted:
                self._end(number, name, row, reads[0])
        if person is None:
            self.result.newcomers.append(_newcomer(first))

    def _held_by(self, person: User, day: date) -> dict[int, Appointment]:
        return {
            row.post_id: row
            for rows in self.held.values()
            for row in rows
            if row.person_id == person.pk and row.is_in_force(day)
        }

    def _end(self, number: str, name: str, row: Appointment, read: _Read) -> None:
        if self.today >= row.starts_on >= read.day:
            words = _("「%s」の任期は今日始まったため、今日では終えられません。")
            self._error(read.line, words % row.post.title)
            return
        self.result.moves.append(
            Move(ENDED, number, name, row.post, row.kind, read.day, read.line.at, row)
        )

    # --- everybody together ------------------------------------------------------------------

    def _meet(self) -> None:
        """Two on one seat: with who stays on it, or with another line of the file."""
        ending = {
            each.row.pk: each.day for each in self.result.moves if each.what == ENDED and each.row
        }
        coming: dict[int, Move] = {}
        for move in [each for each in self.result.moves if each.what == NEW]:
            if move.post.is_shared:
                continue
            if (other := coming.get(move.post.pk)) is not None:
                words = _("「%(post)s」に就く行が2つあります（%(at)s行目）。")
                self.result.errors.append(
                    (move.at, words % {"post": move.post.title, "at": other.at})
                )
                continue
            coming[move.post.pk] = move
            for row in self.held[move.post.pk]:
                until = min(filter(None, (row.ends_on, ending.get(row.pk))), default=None)
                if until is None or until > move.day:
                    words = _(
                        "「%(post)s」には %(name)s さんが就いています。"
                        "%(name)s さんの異動も同じファイルに入れてください。"
                    )
                    told = {"post": move.post.title, "name": row.person.name}
                    self.result.errors.append((move.at, words % told))
                    break


def _at_odds(reads: list[_Read]) -> str:
    """Why the lines of one person contradict each other; empty when they do not."""
    posts = [each.post for each in reads]
    if len({each.day for each in reads}) > 1:
        return _("同じ職員の発令日が2つあります。")
    if len(set(posts)) < len(posts):
        return _("同じ職員と職の行が2つあります。")
    if None in posts and len(posts) > 1:
        return _("「退職」と、ほかの職の行が両方あります。")
    return ""


def _kind(text: str) -> str:
    kinds = {str(each.label): each.value for each in AppointmentKind}
    if not text:
        return AppointmentKind.MAIN
    if text not in kinds:
        raise ValidationError(_("区分は %s のどれかです。") % "、".join(kinds))
    return kinds[text]


def _check_newcomer(line: Line) -> None:
    """Unknown so far: name in two parts, and an address that mails reach."""
    if line.post in LEAVES:
        raise ValidationError(_("職員番号 %s の職員は登録されていません。") % line.number)
    if len(line.name.split()) != 2:
        words = _("新しい職員の氏名は、姓と名の間を空けて書いてください（「%s」）。")
        raise ValidationError(words % line.name)
    try:
        validate_email(line.email)
    except ValidationError:
        words = _("新しい職員のメールアドレス「%s」が正しくありません。")
        raise ValidationError(words % line.email) from None


def _newcomer(line: Line) -> Newcomer:
    family, given = line.name.split()
    return Newcomer(line.number, family, given, line.kana, line.email)


def sentences(errors: Iterable[tuple[int, str]]) -> list[str]:
    """3行目：職がありません。"""
    return [_("%(at)s行目：%(why)s") % {"at": at, "why": why} for at, why in errors]
