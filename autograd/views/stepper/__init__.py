"""Step through a graph's forward and backward pass, gate by gate, on a web page."""

from autograd.views.stepper.page import SteppingPage, step_through

__all__ = ["SteppingPage", "step_through"]
