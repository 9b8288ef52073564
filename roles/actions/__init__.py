"""Verbs over people and posts. Each change of who may act is a row of the ledger."""

from roles.actions.absences import (
    HEADS,
    AbsenceRefused,
    deputy_field,
    end_absence,
    may_register,
    register_absence,
)
from roles.actions.appointments import (
    ABSENCE,
    APPOINTMENT,
    DELEGATION,
    RECORDED,
    SUSPENSION,
    DeputyCannotAct,
    NotEntitled,
    ReasonMissing,
    appoint,
    delegate,
    end_appointment,
    end_suspension,
    evidence_of,
    leaves_nobody,
    record,
    revoke_delegation,
    suspend,
)
from roles.actions.chronicle import KINDS, Chronicle, Told
from roles.actions.city import CITY, CityFileError, load_city
from roles.actions.deputies import days_of
from roles.actions.tour import end_tour

__all__ = [
    "ABSENCE",
    "APPOINTMENT",
    "CITY",
    "DELEGATION",
    "HEADS",
    "KINDS",
    "RECORDED",
    "SUSPENSION",
    "AbsenceRefused",
    "Chronicle",
    "CityFileError",
    "DeputyCannotAct",
    "NotEntitled",
    "ReasonMissing",
    "Told",
    "appoint",
    "days_of",
    "delegate",
    "deputy_field",
    "end_absence",
    "end_appointment",
    "end_suspension",
    "end_tour",
    "evidence_of",
    "leaves_nobody",
    "load_city",
    "may_register",
    "record",
    "register_absence",
    "revoke_delegation",
    "suspend",
]
