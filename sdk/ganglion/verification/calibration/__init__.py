"""Thresholds from data: measure honest and cheating runs of a model, fit on half, report on the other half."""
