"""Verbs on our own tables. They know neither viewflow nor HTTP; ``workflow.engine`` calls them."""
