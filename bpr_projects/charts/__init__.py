"""Charts and seals as SVG text, drawn on the server: no script, no style attribute.

Each function returns escaped markup made by ``format_html``; pages call them through the template
tags, papers directly.
"""

from bpr_projects.charts.kpi import KpiSeries, kpi_line
from bpr_projects.charts.loop import mini_ring, ooda_ring
from bpr_projects.charts.matrix import MatrixPoint, matrix
from bpr_projects.charts.route import RouteLoop, RouteStop, route_picture
from bpr_projects.charts.seal import stamp
from bpr_projects.charts.small import bar, spark

__all__ = [
    "KpiSeries",
    "MatrixPoint",
    "RouteLoop",
    "RouteStop",
    "bar",
    "kpi_line",
    "matrix",
    "mini_ring",
    "ooda_ring",
    "route_picture",
    "spark",
    "stamp",
]
