"""Checks of a graph: its gradients against finite differences, and where an inf or a nan comes from."""

from autograd.check.comparison import Comparison, check_gate
from autograd.check.gradients import gradcheck
from autograd.check.nonfinite import NonFinite, find_nonfinite
from autograd.check.report import Report

__all__ = ["Comparison", "NonFinite", "Report", "check_gate", "find_nonfinite", "gradcheck"]
