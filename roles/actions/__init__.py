"""Verbs over people and posts. Each change of who may act is a row of the ledger."""

from roles.actions.appointments import (
    APPOINTMENT,
    DELEGATION,
    RECORDED,
    SUSPENSION,
    DeputyCannotAct,
    NotEntitled,
    appoint,
    delegate,
    end_appointment,
    end_suspension,
    evidence_of,
    record,
    revoke_delegation,
    suspend,
)
from roles.actions.chronicle import KINDS, Chronicle, Told
from roles.actions.city import CITY, CityFileError, load_city
from roles.actions.tour import end_tour

__all__ = [
    "APPOINTMENT",
    "CITY",
    "DELEGATION",
    "KINDS",
    "RECORDED",
    "SUSPENSION",
    "Chronicle",
    "CityFileError",
    "DeputyCannotAct",
    "NotEntitled",
    "Told",
    "appoint",
    "delegate",
    "end_appointment",
    "end_suspension",
    "end_tour",
    "evidence_of",
    "load_city",
    "record",
    "revoke_delegation",
    "suspend",
]
