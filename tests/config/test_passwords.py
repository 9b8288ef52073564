"""The city's own password rule."""

import pytest
from django.core.exceptions import ValidationError

from config.passwords import LocalWords

pytestmark = pytest.mark.once

RULE = LocalWords(["kazuno", "鹿角市", ""])


@pytest.mark.parametrize("password", ["KazunoKazuno12", "鹿角市鹿角市鹿角市2026", "kazuno"])
def test_little_more_than_the_citys_name_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="市やシステムの名前"):
        RULE.validate(password)


@pytest.mark.parametrize("password", ["kazuno and a long tail", "three quiet herons"])
def test_a_name_inside_something_longer_is_allowed(password: str) -> None:
    RULE.validate(password)
