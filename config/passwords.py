"""Password rules that Django does not have. No composition rules, no forced rotation (ASVS 6.2)."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LocalWords:
    """Refuse a password that is little more than the city's or the system's name."""

    def __init__(self, words: Sequence[str] = (), margin: int = 6) -> None:
        self.words = [word.casefold() for word in words if word]
        self.margin = margin

    def validate(self, password: str, user: object = None) -> None:
        """Without the words, enough must remain."""
        rest = password.casefold()
        for word in self.words:
            rest = rest.replace(word, "")
        if len(rest) < min(len(password), self.margin):
            raise ValidationError(self.get_help_text(), code="password_local_word")

    def get_help_text(self) -> str:
        """Say the rule as the form shows it."""
        return _("市やシステムの名前をほぼそのまま使ったパスワードは使えません。")
