"""What is told of the outcome of a matter."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications import recipients
from notifications.catalogue.lines import (
    Notice,
)
from notifications.enums import Event, Topic
from workflow.enums import Outcome

OF_RESULTS: Final[dict[Event, Notice]] = {
    Event.ADOPTED: Notice(
        subject=_("採択されました：%(case)s"),
        heading=_("次の件が採択されました。"),
        template="adopted",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方"),
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.ADOPTED,),
    ),
    Event.ADOPTED_WITH_CONDITIONS: Notice(
        subject=_("条件付きで採択されました（条件%(count)s件）：%(case)s"),
        heading=_("次の件が条件付きで採択されました。"),
        template="adopted",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方"),
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.ADOPTED_WITH_CONDITIONS,),
    ),
    Event.NOT_ADOPTED: Notice(
        subject=_("不採択となりました：%(case)s"),
        heading=_("次の件は不採択となりました。"),
        template="not_adopted",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方"),
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.NOT_ADOPTED,),
    ),
    Event.CORRECTED: Notice(
        subject=_("決裁が訂正されました：%(case)s"),
        heading=_("次の件の決裁の文言又は条件が、同じ職の新しい決裁で訂正されました。"),
        template="corrected",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方"),
        recipients=recipients.proposers_and_actors,
    ),
    Event.WITHDRAWN: Notice(
        subject=_("取り下げられました：%(case)s"),
        heading=_("次の件は、提案者が取り下げました。"),
        template="ended",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方、お願いを受け取っていた方"),
        recipients=recipients.everybody_involved,
        outcomes=(Outcome.WITHDRAWN,),
    ),
    Event.ABANDONED: Notice(
        subject=_("廃案となりました：%(case)s"),
        heading=_("次の件は、本部長の了承を得て廃案となりました。"),
        template="ended",
        topic=Topic.RESULT,
        whom=_("提案した方と、判断に関わった方、お願いを受け取っていた方"),
        recipients=recipients.everybody_involved,
        outcomes=(Outcome.ABANDONED,),
    ),
    Event.HELD: Notice(
        subject=_("保留になりました（%(day)sまで）：%(case)s"),
        heading=_("次の件の手続が保留になりました。"),
        template="held",
        topic=Topic.RESULT,
        whom=_("提案した方"),
        recipients=recipients.proposers,
        outcomes=(Outcome.HELD,),
    ),
    Event.OBJECTED: Notice(
        subject=_("合議で不同意がありました：%(case)s"),
        heading=_("次の件の合議で、不同意の回答がありました。"),
        template="objected",
        topic=Topic.RESULT,
        whom=_("提案した方"),
        recipients=recipients.proposers,
        outcomes=(Outcome.OBJECTED,),
    ),
}
"""Event -> how it is told."""
