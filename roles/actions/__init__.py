"""Verbs over people and posts. Each change of who may act is a row of the ledger."""

from roles.actions.accounts import PASSWORD_ISSUED, issue_password
from roles.actions.appointments import (
    APPOINTMENT,
    DELEGATION,
    RECORDED,
    SUCCESSION,
    SUSPENSION,
    DeputyCannotAct,
    NotEntitled,
    appoint,
    days_of,
    delegate,
    end_appointment,
    end_suspension,
    evidence_of,
    record,
    refuse_unfit,
    revoke_appointment,
    revoke_delegation,
    suspend,
)
from roles.actions.city import CITY, CityFileError, load_city
from roles.actions.sections import REORGANIZATION, Formed, reorganize
from roles.actions.tour import end_tour

__all__ = [
    "APPOINTMENT",
    "CITY",
    "DELEGATION",
    "PASSWORD_ISSUED",
    "RECORDED",
    "REORGANIZATION",
    "SUCCESSION",
    "SUSPENSION",
    "CityFileError",
    "DeputyCannotAct",
    "Formed",
    "NotEntitled",
    "appoint",
    "days_of",
    "delegate",
    "end_appointment",
    "end_suspension",
    "end_tour",
    "evidence_of",
    "issue_password",
    "load_city",
    "record",
    "refuse_unfit",
    "reorganize",
    "revoke_appointment",
    "revoke_delegation",
    "suspend",
]
