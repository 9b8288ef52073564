"""Every permission's name. Who has which, and how far it reaches: ``grants.py``."""

from enum import StrEnum


class Perm(StrEnum):
    """A permission as ``user.has_perm`` takes it.

    Deciding is not here: it belongs to whoever holds the post of the open task.
    """

    PROPOSE_PROJECT = "roles.propose_project"
    VIEW_PROJECT = "roles.view_project"
    RECEIVE_PROJECT = "roles.receive_project"
    ABANDON_PROJECT = "roles.abandon_project"
    RESTRICT_PROJECT = "roles.restrict_project"
    REASSIGN_WORK = "roles.reassign_work"
    CLOSE_REGION = "roles.close_region"
    VIEW_MAILBOX = "roles.view_mailbox"
    VIEW_LEDGER = "roles.view_ledger"
    ASK_DISPOSAL = "roles.ask_disposal"
    APPROVE_DISPOSAL = "roles.approve_disposal"
    RECORD_PAPER = "roles.record_paper"
    ANNOUNCE = "roles.announce"
    MANAGE_ORGANIZATION = "roles.manage_organization"
    MANAGE_PLAN = "roles.manage_plan"
    MANAGE_ROUTES = "roles.manage_routes"
    ADMINISTER = "roles.administer"
