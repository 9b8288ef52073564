"""Addresses of work lists and cases. ``ref`` is ``Project.reference``; unseen is 404."""

from django.urls import path

from workflow import inbox, steps
from workflow.views import (
    attaching,
    board,
    case,
    conditions,
    correcting,
    discussion,
    joining,
    kessai,
    listing,
    nudging,
    proposal,
    rollout,
    submitting,
)

urlpatterns = [
    path("", inbox.home, name="home"),
    path("tour/end/", inbox.tour_end, name="tour-end"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("proposals/", listing.project_list, name="project-list"),
    path("running/", listing.running, name="running"),
    path("proposals/new/", proposal.project_new, name="project-new"),
    path("p/<str:ref>/edit/", proposal.project_edit, name="project-edit"),
    path("p/<str:ref>/confirm/", submitting.project_confirm, name="project-confirm"),
    path("p/<str:ref>/attachments/", attaching.attachment_add, name="attachment-add"),
    path(
        "p/<str:ref>/attachments/<uuid:key>/remove/",
        attaching.attachment_remove,
        name="attachment-remove",
    ),
    path("p/<str:ref>/ooda/", board.board, name="board"),
    path("p/<str:ref>/ooda/<int:slot>/record/", board.phase_record, name="phase-record"),
    path("p/<str:ref>/observations/", board.observation_add, name="observation-add"),
    path("p/<str:ref>/measurements/", board.measurement_add, name="measurement-add"),
    path("p/<str:ref>/rollout/", rollout.rollout, name="rollout"),
    path("p/<str:ref>/", case.project, name="project"),
    path("p/<str:ref>/history/", case.history, name="project-history"),
    path("p/<str:ref>/discussion/", discussion.discussion, name="project-discussion"),
    path(
        "p/<str:ref>/discussion/<int:pk>/settle/",
        discussion.comment_settle,
        name="comment-settle",
    ),
    path(
        "p/<str:ref>/discussion/<int:pk>/take-back/",
        discussion.comment_take_back,
        name="comment-take-back",
    ),
    path("p/<str:ref>/join/", joining.project_join, name="project-join"),
    path("p/<str:ref>/join/<int:pk>/answer/", joining.join_answer, name="join-answer"),
    path("p/<str:ref>/conditions/", conditions.conditions, name="project-conditions"),
    path(
        "p/<str:ref>/conditions/<int:pk>/report/",
        conditions.condition_report,
        name="condition-report",
    ),
    path(
        "p/<str:ref>/conditions/<int:pk>/check/",
        conditions.condition_check,
        name="condition-check",
    ),
    path("p/<str:ref>/decide/", case.decide, name="decide"),
    path("p/<str:ref>/steps/<int:slot>/answer/", steps.answer, name="answer"),
    path(
        "p/<str:ref>/steps/<int:slot>/correct/",
        correcting.question_correct,
        name="question-correct",
    ),
    path("p/<str:ref>/nudge/", nudging.nudge, name="nudge"),
    path("p/<str:ref>/halt/", steps.halt, name="halt"),
    path("p/<str:ref>/pull-back/", steps.pull_back, name="pull-back"),
    path("p/<str:ref>/withdraw/", steps.withdraw, name="withdraw"),
    path("p/<str:ref>/abandon/", steps.abandon, name="abandon"),
    path("p/<str:ref>/close-region/", steps.close_region, name="close-region"),
    path("p/<str:ref>/kessai/", kessai.kessai, name="kessai"),
    path("p/<str:ref>/kessai.pdf", kessai.kessai_pdf, name="kessai-pdf"),
    path("readings/<int:pk>/read/", steps.reading_read, name="reading-read"),
]
