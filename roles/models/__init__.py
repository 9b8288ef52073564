"""Who people are: users, the organization, posts, and who holds them on which days."""

from roles.models.appointments import Absence, Appointment, Delegation, Suspension
from roles.models.capacities import (
    Capacity,
    Held,
    capacities_of,
    closed_heads,
    everybody,
    held_by,
    holders_of,
    is_on_the_staff,
    names_of_sections,
    people_who,
    places_of,
    posts_named,
    read_all_once,
    read_once,
    seats_of,
    stand_ins_for,
)
from roles.models.organization import Department, Post, Section, StandIn
from roles.models.people import User
from roles.models.periods import Dated, Recorded, days_include
from roles.models.personnel import PersonnelFile
from roles.models.prepared import Prepared, PreparedLists
from roles.models.standing import standing_in
from roles.models.successions import Succession, heirs_of

__all__ = [
    "Absence",
    "Appointment",
    "Capacity",
    "Dated",
    "Delegation",
    "Department",
    "Held",
    "PersonnelFile",
    "Post",
    "Prepared",
    "PreparedLists",
    "Recorded",
    "Section",
    "StandIn",
    "Succession",
    "Suspension",
    "User",
    "capacities_of",
    "closed_heads",
    "days_include",
    "everybody",
    "heirs_of",
    "held_by",
    "holders_of",
    "is_on_the_staff",
    "names_of_sections",
    "people_who",
    "places_of",
    "posts_named",
    "read_all_once",
    "read_once",
    "seats_of",
    "stand_ins_for",
    "standing_in",
]
