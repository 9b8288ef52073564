"""Whole lives of made-up cases through the engine, and what must be true afterwards."""

from workflow.management.simulation.invariants import violations
from workflow.management.simulation.tally import Failure, Tally
from workflow.management.simulation.world import World

__all__ = ["Failure", "Tally", "World", "violations"]
