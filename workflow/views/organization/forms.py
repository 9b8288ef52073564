"""Forms of the 事務局: appoint, end, leave, and sections that change."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms.fields import UNSEEN, DayField, LineField
from roles.actions import Formed
from roles.enums import AppointmentKind, SuspensionKind
from roles.models import Department, Post, Section, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class PlainForm(forms.Form):
    """What is asked is checked here; what the organization refuses comes from the verb."""

    use_required_attribute = False

    def add_refusal(self, refusal: ValidationError) -> None:
        """Put what the verb complains of beside the fields; an unknown field is the whole form."""
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for name, problems in refusal.error_dict.items():
            self.add_error(name if name in self.fields else None, problems)

    def day(self, name: str) -> date | None:
        """A day that was typed."""
        text = self.cleaned_data.get(name)
        return date.fromisoformat(text) if text else None

    def after(self, name: str) -> date | None:
        """The day after the last one that was typed: from then on there is no force."""
        last = self.day(name)
        return last and last + timedelta(days=1)


class PersonField(LineField):
    """One person by employee number or by full name; the value is the ``User``."""

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", super().to_python(value))
        if not text:
            return None
        number = text.rsplit("(", 1)[-1].rstrip(")").strip()
        found = list(User.objects.filter(employee_number=number)[:1]) or _named(text)
        if len(found) != 1:
            raise ValidationError(_not_one(text, len(found)))
        return found[0]

    def validate(self, value: Any) -> None:
        if value is None:
            raise ValidationError(gettext("職員を入力してください。"), code="required")

    def run_validators(self, value: Any) -> None:
        """Who is meant is found while reading."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value.name}（{value.employee_number}）" if isinstance(value, User) else value


def _named(text: str) -> list[User]:
    bare = "".join(text.split())
    if UNSEEN.search(text) or not bare:
        return []
    by_family = User.objects.active().filter(
        family_name__in=[bare[:n] for n in range(1, len(bare))]
    )
    return [each for each in by_family if each.family_name + each.given_name == bare]


def _not_one(text: str, count: int) -> str:
    if count:
        words = gettext("「%(text)s」さんは%(count)s人います。職員番号で入力してください。")
        return words % {"text": text, "count": count}
    return gettext("「%s」という職員は見つかりません。氏名か職員番号で入力してください。") % text


def post_choices(on: date) -> list[Any]:
    """Posts that are in force on the day or later, under their section or body."""
    posts = (
        Post.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on))
        .select_related("section", "department")
        .order_by("order", "pk")
    )
    named = sorted(posts, key=lambda post: post.section is not None or post.department is not None)
    groups = groupby(named, key=_place)
    offered: list[Any] = [("", gettext("選んでください"))]
    return offered + [
        (name, [(str(post.pk), post.title) for post in rows]) for name, rows in groups
    ]


def _place(post: Post) -> str:
    place = post.section or post.department
    return str(place) if place else gettext("推進体制")


KINDS: Final = [(each.value, each.label) for each in AppointmentKind]


class AppointForm(PlainForm):
    """Who gets which post from when. ``warned``: what the person would come to decide on."""

    person = PersonField(
        label=_("職員"),
        max_length=100,
        widget=forms.TextInput(attrs={"list": "everybody", "autocomplete": "off"}),
        help_text=_("氏名か職員番号を入力します。"),
    )
    post = forms.ChoiceField(label=_("職"), error_messages={"required": _("職を選んでください。")})
    kind = forms.ChoiceField(
        label=_("区分"), choices=KINDS, widget=forms.RadioSelect, initial=AppointmentKind.MAIN
    )
    starts_on = DayField(
        label=_("始まりの日"),
        help_text=_("発令日。先の日付も入れられます。その日になると自動で効きます。"),
        error_messages={"required": _("始まりの日を入力してください。")},
    )
    ends_on = DayField(
        label=_("最後の日"), required=False, help_text=_("任期が決まっているときだけ入れます。")
    )
    confirmed = forms.BooleanField(
        label=_("内容を確認しました。この任命を行います。"), required=False
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warned: list[str] = []
        self.fields["post"].choices = partial(post_choices, on)  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Post:
        """The post that was chosen."""
        return Post.objects.select_related("section").get(pk=self.cleaned_data["post"])


class EndForm(PlainForm):
    """The last day of a term."""

    ends_on = DayField(
        label=_("最後の日"),
        help_text=_("この日まで職にあります。翌日から後任の方が仕事を引き継ぎます。"),
        error_messages={"required": _("最後の日を入力してください。")},
    )
    reason = LineField(
        label=_("理由"),
        required=False,
        max_length=200,
        help_text=_(
            "本部長が空席になるときは、必ず入力してください（例：任期満了）。記録に残ります。"
        ),
    )


class SuspendForm(PlainForm):
    """Leave: from when, and until when where that is known."""

    kind = forms.ChoiceField(
        label=_("区分"),
        choices=SuspensionKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("区分を選んでください。")},
    )
    starts_on = DayField(
        label=_("始まりの日"), error_messages={"required": _("始まりの日を入力してください。")}
    )
    ends_on = DayField(
        label=_("復職の日"),
        required=False,
        help_text=_("決まっているときだけ。この日から、また職務を行います。"),
    )


class RestoreForm(PlainForm):
    """The day from which somebody acts again."""

    ends_on = DayField(
        label=_("復職の日"),
        help_text=_("この日から、また職務を行います。"),
        error_messages={"required": _("復職の日を入力してください。")},
    )


ROWS: Final = (1, 2, 3)
RENAME, MERGE, SPLIT = "RENAME", "MERGE", "SPLIT"
CHANGES: Final = [
    (RENAME, _("改称：1つの課の名前が変わる")),
    (MERGE, _("統合：2つ以上の課が1つになる")),
    (SPLIT, _("分割：1つの課が2つ以上になる")),
]


def _living() -> list[tuple[str, str]]:
    """Sections whose end is not decided."""
    sections = Section.objects.filter(ends_on=None).order_by("order", "pk")
    return [(str(each.pk), each.name) for each in sections]


def _departments() -> list[tuple[str, str]]:
    rows = Department.objects.order_by("order", "pk")
    return [("", gettext("いまの部")), *((str(each.pk), each.name) for each in rows)]


class ReorganizeForm(PlainForm):
    """Sections that end on a day, and those that begin: up to three."""

    change = forms.ChoiceField(
        label=_("改正の種類"),
        choices=CHANGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("改正の種類を選んでください。")},
    )
    on = DayField(label=_("施行日"), error_messages={"required": _("施行日を入力してください。")})
    former = forms.MultipleChoiceField(
        label=_("いまの課等"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("いまの課等を選んでください。")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["former"].choices = _living  # type: ignore[attr-defined]
        self.today = today
        for row in ROWS:
            self._add(row)

    def _add(self, row: int) -> None:
        fields: Mapping[str, forms.Field] = {
            "name": LineField(
                label=_("新しい課等の名称"),
                max_length=40,
                required=row == ROWS[0],
                error_messages={"required": _("新しい課等の名称を入力してください。")},
            ),
            "short_name": LineField(label=_("略称"), max_length=20, required=False),
            "head_title": LineField(
                label=_("所属長の職名"), max_length=60, required=False, help_text=_("例：市民課長")
            ),
            "department": forms.ChoiceField(label=_("部"), choices=_departments, required=False),
        }
        for name, field in fields.items():
            self.fields[f"{row}-{name}"] = field

    @property
    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each section that begins."""
        names = ("name", "short_name", "head_title", "department")
        return [(row, [self[f"{row}-{name}"] for name in names]) for row in ROWS]

    def clean(self) -> None:
        """As many sections as the change has, each with its name; no day that has passed."""
        change, named = self.cleaned_data.get("change"), self._named()
        former = self.cleaned_data.get("former") or []
        if change in (RENAME, SPLIT) and len(former) > 1:
            self.add_error("former", gettext("改称と分割では、課を1つだけ選んでください。"))
        if change == MERGE and len(former) == 1:
            self.add_error("former", gettext("統合では、課を2つ以上選んでください。"))
        if change == SPLIT and len(named) == 1:
            self.add_error("2-name", gettext("分割では、2つ目の課等の名称も入力してください。"))
        if change in (RENAME, MERGE) and len(named) > 1:
            self.add_error(f"{named[-1]}-name", gettext("改称と統合では、新しい課等は1つです。"))
        day = self.day("on")
        if day is not None and day <= self.today:
            self.add_error("on", gettext("明日以降の日を入力してください。"))

    def _named(self) -> list[int]:
        return [row for row in ROWS if self.cleaned_data.get(f"{row}-name")]

    def formed(self, former: Iterable[Section]) -> list[Formed]:
        """The sections that begin; short name, title and department follow where left open."""
        first = next(iter(former))
        departments = {str(each.pk): each for each in Department.objects.all()}
        found = []
        for row in self._named():
            name = self.cleaned_data[f"{row}-name"]
            title = self.cleaned_data[f"{row}-head_title"]
            found.append(
                Formed(
                    name=name,
                    short_name=self.cleaned_data[f"{row}-short_name"] or name[:20],
                    head_title=title or gettext("%s長") % name,
                    department=departments.get(
                        self.cleaned_data[f"{row}-department"], first.department
                    ),
                )
            )
        return found

    def add_refusal(self, refusal: ValidationError) -> None:
        """What is wrong with the names stands at the first of them."""
        problems = dict(getattr(refusal, "error_dict", {}))
        if "formed" in problems:
            problems["1-name"] = problems.pop("formed")
        super().add_refusal(ValidationError(problems) if problems else refusal)
