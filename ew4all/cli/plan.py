"""`ew4all plan`: what closes the gap, and the papers a country needs. Each verb has its own file."""

from __future__ import annotations

import typer

from ew4all.cli.plan_feasibility import feasibility
from ew4all.cli.plan_indicators import indicators
from ew4all.cli.plan_measures import measures
from ew4all.cli.plan_netp import netp

__all__ = ["plan"]

plan = typer.Typer(
    help="What closes the gap, and the papers a country needs.", no_args_is_help=True
)
plan.command()(feasibility)
plan.command()(indicators)
plan.command()(measures)
plan.command()(netp)
