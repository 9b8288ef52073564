"""Forms of 議論, 参加の申出 and conditions. Names are read here; who may read, by the verbs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.forms.fields import LineField, TextField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from roles.models import User

SEPARATORS: Final = re.compile(r"[、,，;；/／]")
PLACE: Final = re.compile(r"^(?P<name>.+?)[（(](?P<place>[^（）()]*)[）)]$")
CALL: Final = re.compile(r"(?<![0-9A-Za-z._+-])[@\uff20](?=[^\s@\uff20])")
"""What calls somebody in a text; the sign inside a mail address does not."""
MOST_PROBLEMS: Final = 5
"""So many unknown names are told at once."""
JAPANESE: Final = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Named:
    """A person as others name one: 成田 由美子（市民課）."""

    person: User
    places: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The full name, with where the person works."""
        return f"{self.person.name}（{self.places[0]}）" if self.places else self.person.name

    @property
    def bare(self) -> str:
        """The full name without any space."""
        return _bare(self.person.name)


def _bare(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


class Directory:
    """Everybody who can be named."""

    def __init__(self, people: Iterable[Named] = ()) -> None:
        self.by_name: dict[str, list[Named]] = {}
        for each in people:
            self.by_name.setdefault(each.bare, []).append(each)

    def find(self, typed: str) -> User:
        """The one person of that name, or ``ValidationError`` with what to write instead."""
        given = PLACE.match(typed.strip())
        name = _bare(given["name"] if given else typed).removeprefix("@")
        found = self.by_name.get(name) or self.by_name.get(name.removesuffix("さん"), [])
        if given and len(found) > 1:
            found = [each for each in found if given["place"].strip() in each.places]
        if len(found) == 1:
            return found[0].person
        if not found:
            raise ValidationError(
                gettext("「%s」という職員は見つかりません。氏名（姓と名）で入力してください。")
                % typed.strip()
            )
        raise ValidationError(
            gettext(
                "「%(name)s」さんは%(count)s人います。「%(example)s」のように所属を付けて、"
                "「知らせる職員」の欄に入力してください。"
            )
            % {"name": typed.strip(), "count": len(found), "example": found[0].label}
        )

    def calls(self, text: str) -> Iterator[str]:
        """Names behind an @ in a text; an unknown word in Japanese is given back as it is."""
        for call in CALL.finditer(text):
            rest = text[call.end() : call.end() + 90]
            name = self._name_at_start(rest)
            if name or JAPANESE.match(rest):
                yield name or re.split(r"[\s、。,（(]", rest, maxsplit=1)[0][:20]

    def _name_at_start(self, rest: str) -> str:
        """The longest name that the text begins with, whatever space stands inside."""
        squeezed = _bare(rest)
        fitting = (name for name in self.by_name if squeezed.startswith(name))
        return max(fitting, key=len, default="")


class SayForm(forms.Form):
    """What is said, and who is to be told of it. ``people``: the names that can be called."""

    use_required_attribute = False
    text = TextField(
        label=_("コメント"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mention": "@"}),
        help_text=_("「@氏名」と書くと、その職員にメールで知らせます。"),
        error_messages={"required": _("コメントを入力してください。")},
    )
    mentions = LineField(
        label=_("知らせる職員"),
        max_length=600,
        required=False,
        widget=forms.TextInput(
            attrs={"list": "people", "autocomplete": "off", "data-mention": "、"}
        ),
        help_text=_("氏名を「、」で区切って入力します。"),
    )

    def __init__(self, *args: Any, people: Directory | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people or Directory()

    def clean(self) -> dict[str, Any]:
        """Names in the field, then those behind an @ in the text."""
        said: dict[str, Any] = super().clean() or {}
        typed = [each for each in SEPARATORS.split(said.get("mentions") or "") if each.strip()]
        named = list(self._found(typed)) + list(
            self._found(self.people.calls(said.get("text", "")))
        )
        self.told: list[User] = list({person.pk: person for person in named}.values())
        return said

    def _found(self, names: Iterable[str]) -> Iterator[User]:
        for name in dict.fromkeys(names):
            if len(self.errors.get("mentions", [])) >= MOST_PROBLEMS:
                return
            try:
                yield self.people.find(name)
            except ValidationError as problem:
                self.add_error("mentions", problem)

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put what the verb complains of beside the fields."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)


READERS: Final = {
    CommentLevel.PARTIES: _("提案した課、関わる課・職、事務局、PT、本部"),
    CommentLevel.REVIEW: _("事務局、PT、本部（提案者には見えません）"),
    CommentLevel.EVERYONE: _("この案件を閲覧できる職員全員"),
}
"""Who reads a level, as the form says it; 監査 reads all."""


class CommentForm(SayForm):
    """A new remark, with what it is and who may read it."""

    kind = forms.ChoiceField(label=_("種類"), widget=forms.RadioSelect, initial=CommentKind.REMARK)
    level = forms.ChoiceField(label=_("読める範囲"), widget=forms.RadioSelect)

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[CommentKind] = tuple(CommentKind),
        levels: Collection[CommentLevel] = tuple(CommentLevel),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = [each for each in CommentLevel if each in levels]
        self.fields["kind"].choices = [(each.value, each.label) for each in kinds]  # type: ignore[attr-defined]
        self.fields["level"].choices = [(each.value, each.label) for each in offered]  # type: ignore[attr-defined]
        self.fields["level"].initial = offered[0] if offered else ""

    def level_cards(self) -> list[tuple[CommentLevel, Any, bool]]:
        """Level, who reads it, whether it is chosen."""
        chosen = self["level"].value()
        return [
            (CommentLevel(value), READERS[CommentLevel(value)], value == chosen)
            for value, _label in self.fields["level"].choices  # type: ignore[attr-defined]
        ]


class JoinForm(forms.Form):
    """Why a section wants to take part. ``sections``: those for which the person may ask."""

    use_required_attribute = False
    section = forms.ChoiceField(label=_("参加する課"), widget=forms.RadioSelect)
    reason = TextField(
        label=_("理由"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("自分の課の仕事と、どこで関わりますか。どんな協力ができますか。"),
        error_messages={"required": _("理由を入力してください。")},
    )

    def __init__(self, *args: Any, sections: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(sections)
        self.fields["section"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["section"].initial = choices[0][0]


class ReplyForm(forms.Form):
    """Yes or no with a reply; a no needs one."""

    use_required_attribute = False
    verdict = forms.ChoiceField(
        label=_("返事"),
        widget=forms.RadioSelect,
        error_messages={"required": _("どちらかを選んでください。")},
    )
    reply = TextField(
        label=_("内容"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    YES: Final = "YES"
    NO: Final = "NO"

    def __init__(
        self, *args: Any, yes: Any, no: Any, why: Any, label: Any = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].label = label or self.fields["verdict"].label
        self.fields["verdict"].choices = [(self.YES, yes), (self.NO, no)]  # type: ignore[attr-defined]
        self.why = why

    @property
    def is_yes(self) -> bool:
        """Whether it was granted."""
        return bool(self.cleaned_data["verdict"] == self.YES)

    def clean(self) -> dict[str, Any]:
        """A no says why."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("verdict") == self.NO and not said.get("reply") and "reply" not in self.errors:
            self.add_error("reply", self.why)
        return said


class ReportForm(forms.Form):
    """What was done about a condition."""

    use_required_attribute = False
    text = TextField(
        label=_("報告"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("条件をどのように満たしたかを、日付と事実で書きます。"),
        error_messages={"required": _("報告を入力してください。")},
    )
