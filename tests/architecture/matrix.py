"""Who gets what from every address: route -> what GET and what POST answer to each actor.

The world: case L of 市民課 waits for its head, case R of 市民課 is running and shared with all
staff, case P waits for its 専決, of which the secretariat registered one on paper. One announcement
was released to 市民課, another one waits for the secretariat.
Forms are sent empty, so 422 means "entitled, and asked for what is missing".
"""

from __future__ import annotations

from typing import Final

ACTORS: Final = [
    "anonymous",
    "leader",
    "head",
    "department",
    "secretariat",
    "pt_member",
    "pt_chair",
    "hq_member",
    "hq_chair",
    "auditor",
    "administrator",
    "stranger",
    "staff",
]

UNSEEN: Final = {"pt_member", "administrator", "stranger", "staff"}
"""Who has no part in case L yet: for them it does not exist."""

Row = tuple[int, ...]


HIDDEN: Final = dict.fromkeys(
    ("leader", "head", "pt_member", "administrator", "stranger", "staff"), 404
)
"""Who reads no draft of a rule: for them it does not exist. The 部長 sit in 本部."""

UNTOLD: Final = dict.fromkeys(set(ACTORS) - {"anonymous", "leader", "head", "secretariat"}, 404)
"""Who is told nothing of what is announced to 市民課: for them it does not exist."""


def row(anonymous: int, others: int, *, unseen: int | None = None, **exceptions: int) -> Row:
    """Statuses in the order of ``ACTORS``."""
    statuses = dict.fromkeys(ACTORS, others) | {"anonymous": anonymous}
    if unseen is not None:
        statuses |= dict.fromkeys(UNSEEN, unseen)
    assert set(exceptions) <= set(ACTORS)
    return tuple((statuses | exceptions)[actor] for actor in ACTORS)


MATRIX: Final[dict[str, tuple[Row, Row]]] = {
    "home": (row(302, 200), row(405, 405)),
    "tour-end": (row(405, 405), row(302, 302)),
    "inbox": (row(302, 200), row(405, 405)),
    "inbox-fresh": (row(302, 200), row(405, 405)),
    "sieve-keep": (row(302, 200), row(302, 422)),
    "sieve-drop": (row(302, 405), row(302, 302)),
    "snooze": (row(302, 404, head=200), row(302, 404, head=422)),
    "unsnooze": (row(302, 405), row(302, 404, head=302)),
    "claim": (row(302, 404, head=403), row(302, 404, head=403)),
    "release": (row(302, 405), row(302, 404, head=403)),
    "bulk-approve": (row(302, 200), row(302, 422)),
    "stations": (row(302, 200, pt_member=403, administrator=403, staff=403), row(302, 405)),
    "stations-nudge": (
        row(302, 405),
        row(302, 422, pt_member=403, administrator=403, staff=403),
    ),
    "project-list": (row(302, 200), row(405, 405)),
    "running": (row(302, 200), row(405, 405)),
    "project-new": (
        row(302, 403, leader=200, secretariat=200, pt_member=200, pt_chair=200, stranger=200),
        row(302, 403, leader=302, secretariat=302, pt_member=302, pt_chair=200, stranger=302),
    ),
    "project-edit": (row(302, 302, unseen=404), row(302, 409, unseen=404)),
    "project-confirm": (row(302, 302, unseen=404), row(302, 302, unseen=404)),
    "attachment-add": (row(302, 405), row(302, 403, unseen=404)),
    "attachment-remove": (row(302, 405), row(302, 403, unseen=404)),
    "board": (row(302, 200), row(302, 405)),
    "phase-record": (row(302, 405), row(302, 403, leader=422)),
    "observation-add": (row(302, 405), row(302, 403, leader=422, head=422, secretariat=422)),
    "rollout": (row(302, 200), row(302, 403, leader=422, secretariat=422)),
    "measurement-add": (row(302, 405), row(302, 403, leader=404, head=404, secretariat=404)),
    "project": (row(302, 200, unseen=404), row(302, 405)),
    "project-history": (row(302, 200, unseen=404), row(302, 405)),
    "decision-evidence": (row(302, 200, unseen=404), row(302, 405)),
    "decision-checks": (row(302, 200, unseen=404), row(302, 405)),
    "decision-evidence-json": (row(302, 200, unseen=404), row(302, 405)),
    "decision-correct": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "project-review": (row(302, 200, unseen=404), row(302, 405)),
    "project-files": (row(302, 200, unseen=404), row(302, 405)),
    "project-compare": (row(302, 200, unseen=404), row(302, 405)),
    "project-flow": (row(302, 200, unseen=404), row(302, 405)),
    "project-discussion": (
        row(302, 200, unseen=404),
        row(302, 422, unseen=404, auditor=403),
    ),
    "comment-settle": (row(302, 405), row(302, 403, unseen=404, leader=302, secretariat=302)),
    "comment-take-back": (
        row(302, 403, unseen=404, leader=200),
        row(302, 403, unseen=404, leader=302),
    ),
    "project-join": (row(302, 200), row(302, 403, stranger=422)),
    "join-answer": (
        row(302, 405),
        row(302, 403, leader=422, head=422, secretariat=422, stranger=404, staff=404),
    ),
    "project-conditions": (row(302, 200, unseen=404), row(302, 405)),
    "condition-report": (row(302, 405), row(302, 403, leader=422, head=422)),
    "condition-check": (row(302, 405), row(302, 403, secretariat=409)),
    "decide": (row(302, 200, unseen=404), row(302, 405)),
    "answer": (row(302, 405), row(302, 403, unseen=404, head=422)),
    "question-correct": (row(302, 404), row(302, 404)),
    "unheld": (row(302, 403, secretariat=200), row(302, 405)),
    "reassign": (
        row(302, 403, unseen=404, secretariat=200),
        row(302, 403, unseen=404, secretariat=422),
    ),
    "paper": (
        row(302, 403, unseen=404, secretariat=200, auditor=200),
        row(302, 403, unseen=404, secretariat=409),
    ),
    "paper-confirm": (row(302, 405), row(302, 403, unseen=404)),
    "paper-refuse": (row(302, 405), row(302, 403, unseen=404, secretariat=422)),
    "paper-scan": (row(302, 404, secretariat=200, auditor=200), row(302, 405)),
    "nudge": (row(302, 405), row(302, 403, unseen=404)),
    "halt": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "pull-back": (row(302, 403, unseen=404, leader=200), row(302, 403, unseen=404, leader=302)),
    "withdraw": (row(302, 403, unseen=404, leader=200), row(302, 403, unseen=404, leader=422)),
    "project-copy": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "abandon": (
        row(302, 403, unseen=404, secretariat=200),
        row(302, 403, unseen=404, secretariat=422),
    ),
    "restrict": (
        row(302, 403, unseen=404, secretariat=200),
        row(302, 403, unseen=404, secretariat=422),
    ),
    "unrestrict": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "close-region": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "kessai": (row(302, 200, unseen=404), row(302, 405)),
    "disposal": (row(302, 403, unseen=404), row(302, 403, unseen=404)),
    "ledger": (row(302, 403, secretariat=200, auditor=200), row(302, 405)),
    "ledger-export": (row(302, 405), row(302, 403, secretariat=302, auditor=302)),
    "ledger-export-file": (row(302, 403, secretariat=404, auditor=200), row(302, 405)),
    "ledger-verifier": (row(302, 403, secretariat=200, auditor=200), row(302, 405)),
    "kessai-pdf": (row(302, 404), row(302, 404)),
    "reading-read": (row(302, 405), row(302, 403, hq_chair=302)),
    "standing-in": (row(302, 200), row(302, 422)),
    "absence-end": (
        row(302, 405),
        row(302, 404, leader=302, head=302, department=302, secretariat=302),
    ),
    "deputy-revoke": (row(302, 405), row(302, 404, leader=302)),
    "attachment": (row(302, 200, unseen=404), row(302, 405)),
    "glossary": (row(302, 200), row(302, 405)),
    "plan": (row(302, 200), row(302, 405)),
    "help": (row(302, 200), row(302, 405)),
    "guide": (row(302, 200), row(302, 405)),
    "announcements": (row(302, 200), row(302, 405)),
    "announcement-new": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "announcement": (row(302, 404, leader=200, head=200, secretariat=200), row(302, 405)),
    "announcement-release": (row(302, 405), row(302, 404, secretariat=302)),
    "announcement-drop": (row(302, 405), row(302, 403, secretariat=409, **UNTOLD)),
    "announcement-read": (row(302, 405), row(302, 404, leader=302, head=302)),
    "mailbox": (row(302, 200), row(302, 405)),
    "mail-detail": (row(302, 404, secretariat=200, hq_chair=200), row(302, 405)),
    "mail-html": (row(302, 404, secretariat=200, hq_chair=200), row(302, 405)),
    "mail-resend": (row(302, 405), row(302, 404, secretariat=422, hq_chair=403)),
    "mail-resend-dead": (row(302, 405), row(302, 403, secretariat=422)),
    "notices": (row(302, 200), row(302, 405)),
    "notices-read": (row(302, 405), row(302, 422)),
    "notice-open": (row(302, 405), row(302, 404, leader=303)),
    "notice-read": (row(302, 405), row(302, 404, leader=302)),
    "notice-catalogue": (row(302, 403, secretariat=200), row(302, 405)),
    "notice-preview": (row(302, 403, secretariat=200), row(302, 405)),
    "notice-preview-html": (row(302, 403, secretariat=200), row(302, 405)),
    "notification-settings": (row(302, 200), row(302, 422)),
    "mail-discard": (row(302, 405), row(302, 404, secretariat=422, hq_chair=403)),
    "mail-discard-dead": (row(302, 405), row(302, 403, secretariat=422)),
    "mail-send-now": (row(302, 405), row(302, 404, secretariat=422, hq_chair=403)),
    "fact-detail": (row(302, 403, secretariat=200), row(302, 405)),
    "fact-discard": (row(302, 405), row(302, 403, secretariat=422)),
    "fact-send-now": (row(302, 405), row(302, 403, secretariat=422)),
    "routes": (row(302, 200), row(302, 405)),
    "route-compare": (row(302, 200), row(302, 405)),
    "route": (row(302, 200, **HIDDEN), row(302, 405)),
    "route-replay": (row(302, 200, **HIDDEN), row(302, 405)),
    "route-copy": (row(302, 405), row(302, 403, secretariat=302)),
    "route-discard": (row(302, 405), row(302, 403, secretariat=409, **HIDDEN)),
    "route-edit": (
        row(302, 403, secretariat=200, **HIDDEN),
        row(302, 403, secretariat=422, **HIDDEN),
    ),
    "route-step-add": (
        row(302, 403, secretariat=200, **HIDDEN),
        row(302, 403, secretariat=422, **HIDDEN),
    ),
    "route-step-edit": (
        row(302, 403, secretariat=200, **HIDDEN),
        row(302, 403, secretariat=422, **HIDDEN),
    ),
    "route-step-place": (row(302, 405), row(302, 403, secretariat=409, **HIDDEN)),
    "route-propose": (row(302, 405), row(302, 403, secretariat=409, **HIDDEN)),
    "route-propose-again": (row(302, 405), row(302, 404)),
    "route-answer": (row(302, 405), row(302, 404)),
    "route-pull-back": (row(302, 409, **HIDDEN), row(302, 409, **HIDDEN)),
    "route-nudge": (row(302, 405), row(302, 302, **HIDDEN)),
    "route-withdraw": (
        row(302, 403, secretariat=409, **HIDDEN),
        row(302, 403, secretariat=409, **HIDDEN),
    ),
    "org": (row(302, 200), row(302, 405)),
    "org-terms": (row(302, 200), row(302, 405)),
    "org-deputies": (row(302, 200), row(302, 405)),
    "org-changes": (row(302, 200), row(302, 405)),
    "org-rehearsal": (row(302, 403, secretariat=200), row(302, 405)),
    "org-appoint": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-appointment-end": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-person": (row(302, 200), row(302, 405)),
    "org-suspend": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-suspension-end": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-reorganize": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-handover": (row(302, 403, leader=200, secretariat=200), row(302, 405)),
    "org-handover-xlsx": (row(302, 403, leader=200, secretariat=200), row(302, 405)),
    "org-handover-pdf": (
        row(302, 403, leader=200, secretariat=200),
        row(302, 403, leader=302, secretariat=302),
    ),
    "org-password": (row(302, 405), row(302, 403, secretariat=409)),
    "org-import": (row(302, 403, secretariat=200), row(302, 403, secretariat=422)),
    "org-import-template": (row(302, 403, secretariat=200), row(302, 405)),
    "org-import-plan": (row(302, 403, secretariat=200), row(302, 403, secretariat=409)),
    "account_login": (row(200, 302), row(200, 302)),
    "account_logout": (row(302, 200), row(302, 302)),
    "account_inactive": (row(200, 200), row(405, 405)),
    "account_change_password": (row(302, 200), row(302, 200)),
    "account_reauthenticate": (row(302, 200), row(302, 200)),
    "mfa_index": (row(302, 200), row(302, 405)),
    "mfa_authenticate": (row(302, 302), row(302, 302)),
    "mfa_reauthenticate": (row(302, 302), row(302, 302)),
    "mfa_activate_totp": (row(302, 302), row(302, 302)),
    "mfa_deactivate_totp": (row(302, 404), row(302, 404)),
    "mfa_view_recovery_codes": (row(302, 404), row(302, 405)),
    "mfa_generate_recovery_codes": (row(302, 302), row(302, 302)),
    "mfa_download_recovery_codes": (row(302, 404), row(302, 404)),
    "mfa_list_webauthn": (row(302, 200), row(302, 405)),
    "mfa_add_webauthn": (row(302, 302), row(302, 302)),
    "mfa_reauthenticate_webauthn": (row(302, 302), row(302, 302)),
    "mfa_remove_webauthn": (row(302, 302), row(302, 302)),
    "mfa_edit_webauthn": (row(302, 302), row(302, 302)),
    "healthz": (row(200, 200), row(405, 405)),
    "readyz": (row(200, 200), row(405, 405)),
}
