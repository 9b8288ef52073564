"""Pages of cases: each module one subject. Verbs are asked of ``workflow.engine`` alone."""
