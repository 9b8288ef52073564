"""Installed by ``tests.bench_engine`` alone."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    """A home for a flow: viewflow looks flows up by their app."""

    name = "tests.stock"
    label = "stock"
