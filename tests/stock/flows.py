"""Six parallel reviews behind one Join, with the lock that viewflow recommends, unchanged."""

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.flow.views import UpdateProcessView
from viewflow.workflow.models import Process


class StockFlow(flow.Flow):  # type: ignore[misc]
    """A review by six."""

    process_class = Process
    lock_impl = lock.SelectForUpdateLock()

    submit = flow.StartHandle(this.begin).Next(this.split)
    split = (
        flow.Split()
        .Next(this.review_1)
        .Next(this.review_2)
        .Next(this.review_3)
        .Next(this.review_4)
        .Next(this.review_5)
        .Next(this.review_6)
    )
    review_1 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    review_2 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    review_3 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    review_4 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    review_5 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    review_6 = flow.View(UpdateProcessView.as_view(fields=[])).Next(this.join)
    join = flow.Join().Next(this.end)
    end = flow.End()

    def begin(self, activation: Any) -> Any:
        """Start without more ado."""
        activation.process.save()
        return activation.process
