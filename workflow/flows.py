"""The processes as pictures: nodes and arrows only. Who is asked, and when, is route data.

Node names are stored in the database: they never change (``docs/released_nodes.txt`` and
its test). A changed meaning is a new flow class; running cases keep theirs.
"""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from viewflow import this
from viewflow.workflow import flow, lock

from workflow.enums import RunState, Station, StepKind
from workflow.models import Run, Slot, WorkflowProcess
from workflow.nodes import Begin, Gate, Region, SplitEach
from workflow.nodes import Station as Task


def open_slots(activation: Any) -> QuerySet[Slot]:
    """One task for each post that the run's open step asks."""
    return Slot.objects.filter(step_run=activation.process.run.step_id, state="OPEN").order_by("pk")


def nobody_is_asked(activation: Any, active_tasks: Any) -> bool:
    """A region is over when none of its tasks has an open slot any more. Pure and one query."""
    asked = active_tasks.filter(flow_task_type="HUMAN").values("seed_object_id")
    return not Slot.objects.filter(pk__in=asked, state="OPEN").exists()


def where_next(activation: Any) -> str:
    """The station of the run's open step, or how the run ended."""
    run: Run = activation.process.run
    return run.step.station if run.step is not None else run.state


def which_phase(activation: Any) -> str:
    """The phase of the cycle that is open, that it waits for headquarters, or that it is over."""
    run: Run = activation.process.run
    if run.step is not None:
        return run.step.kind
    return run.state


class ProjectFlow(flow.Flow):
    """提案の決裁

    DX推進リーダーの提案から推進本部の決裁まで
    """

    process_class = WorkflowProcess
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    submit = Begin(this.on_submit).Annotation(title=_("提出")).Next(this.first_gate)
    first_gate = Gate(where_next).Way(Station.LINE, this.line_split)

    # 所属長
    line_split = SplitEach().For(this.line, open_slots).Next(this.line_join)
    line = Task().Annotation(title=_("所属長の確認")).Next(this.line_join)
    line_join = Region(continue_on_condition=nobody_is_asked).Next(this.line_gate)
    line_gate = (
        Gate(where_next)
        .Way(Station.LINE, this.line_split)
        .Way(Station.RECEPTION, this.reception)
        .Way(Station.REVIEW, this.review_split)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVISION, this.revise)
    )

    # 事務局
    reception = Task().Annotation(title=_("受付")).Next(this.reception_gate)
    reception_gate = (
        Gate(where_next)
        .Way(Station.REVIEW, this.review_split)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVISION, this.revise)
    )

    # プロジェクトチーム
    review_split = SplitEach().For(this.review, open_slots).Next(this.review_join)
    review = Task().Annotation(title=_("審査")).Next(this.review_join)
    review_join = Region(continue_on_condition=nobody_is_asked).Next(this.review_gate)
    review_gate = (
        Gate(where_next)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.HEADQUARTERS, this.step_split)
    )
    referral = Task().Annotation(title=_("上申")).Next(this.referral_gate)
    referral_gate = (
        Gate(where_next)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVIEW, this.review_split)
        .Way(Station.REVISION, this.revise)
    )

    # 推進本部: one loop for 部長, 合議, 本部会議 and 決裁; the order is route data
    step_split = SplitEach().For(this.act, open_slots).Next(this.step_join)
    act = Task().Annotation(title=_("本部審議")).Next(this.step_join)
    step_join = Region(continue_on_condition=nobody_is_asked).Next(this.step_gate)
    step_gate = (
        Gate(where_next)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVIEW, this.review_split)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.REVISION, this.revise)
        .Way(RunState.ADOPTED, this.adopted)
        .Way(RunState.NOT_ADOPTED, this.not_adopted)
    )

    # the only ways back; a new text goes on where it first has to be asked about
    revise = Task().Annotation(title=_("修正と再提出")).Next(this.revise_gate)
    revise_gate = (
        Gate(where_next)
        .Way(Station.LINE, this.line_split)
        .Way(Station.RECEPTION, this.reception)
        .Way(Station.REVIEW, this.review_split)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.HEADQUARTERS, this.step_split)
    )
    reopen = (
        Gate(where_next)
        .Annotation(title=_("引戻し"))
        .Way(Station.LINE, this.line_split)
        .Way(Station.RECEPTION, this.reception)
        .Way(Station.REFERRAL, this.referral)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVISION, this.revise)
    )

    adopted = flow.End().Annotation(title=_("採択"))
    not_adopted = flow.End().Annotation(title=_("不採択"))

    def on_submit(self, activation: Any, run: Run) -> Any:
        """Tie the run to its process before the first gate asks for it."""
        return _tie(activation, run)


class ApprovalFlow(flow.Flow):
    """変更等の決裁

    変更・中止・横展開・完了、実行編、経路の決裁（段階のくり返しだけ）
    """

    process_class = WorkflowProcess
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    submit = Begin(this.on_submit).Annotation(title=_("提出")).Next(this.first_gate)
    first_gate = (
        Gate(where_next)
        .Way(Station.LINE, this.step_split)
        .Way(Station.RECEPTION, this.step_split)
        .Way(Station.REVIEW, this.step_split)
        .Way(Station.HEADQUARTERS, this.step_split)
    )
    step_split = SplitEach().For(this.act, open_slots).Next(this.step_join)
    act = Task().Annotation(title=_("確認・決裁")).Next(this.step_join)
    step_join = Region(continue_on_condition=nobody_is_asked).Next(this.step_gate)
    step_gate = (
        Gate(where_next)
        .Way(Station.LINE, this.step_split)
        .Way(Station.RECEPTION, this.step_split)
        .Way(Station.REVIEW, this.step_split)
        .Way(Station.REFERRAL, this.step_split)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVISION, this.revise)
        .Way(RunState.ADOPTED, this.adopted)
        .Way(RunState.NOT_ADOPTED, this.not_adopted)
    )
    revise = Task().Annotation(title=_("修正と再提出")).Next(this.step_gate)
    reopen = (
        Gate(where_next)
        .Annotation(title=_("引戻し"))
        .Way(Station.LINE, this.step_split)
        .Way(Station.RECEPTION, this.step_split)
        .Way(Station.REFERRAL, this.step_split)
        .Way(Station.HEADQUARTERS, this.step_split)
        .Way(Station.REVISION, this.revise)
    )
    adopted = flow.End().Annotation(title=_("採択"))
    not_adopted = flow.End().Annotation(title=_("不採択"))

    def on_submit(self, activation: Any, run: Run) -> Any:
        """Tie the run to its process before the first gate asks for it."""
        return _tie(activation, run)


class CycleFlow(flow.Flow):
    """OODAサイクル

    観察・方向づけ・意思決定・行動の1周
    """

    process_class = WorkflowProcess
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    begin = Begin(this.on_begin).Annotation(title=_("開始")).Next(this.observe)
    observe = Task().Annotation(title=_("観察")).Next(this.orient)
    orient = Task().Annotation(title=_("方向づけ")).Next(this.decide)
    decide = Task().Annotation(title=_("意思決定")).Next(this.decide_gate)
    decide_gate = (
        Gate(which_phase).Way(StepKind.ACT, this.act).Way(RunState.OPEN, this.headquarters)
    )
    headquarters = flow.Handle().Annotation(title=_("本部の決裁を待つ")).Next(this.answer_gate)
    answer_gate = Gate(which_phase).Way(StepKind.ACT, this.act).Way(StepKind.DECIDE, this.decide)
    act = Task().Annotation(title=_("行動")).Next(this.finished)
    finished = flow.End().Annotation(title=_("サイクルの終わり"))
    reopen = Gate(which_phase).Annotation(title=_("停止")).Way(StepKind.DECIDE, this.decide)

    def on_begin(self, activation: Any, run: Run) -> Any:
        """Tie the run to its process."""
        return _tie(activation, run)


def _tie(activation: Any, run: Run) -> Any:
    activation.process.save()
    run.process = activation.process
    run.save()
    return activation.process
