"""What Prometheus can read of a validator. A registry of its own; no label names a caller or a miner."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters, gauges and histograms."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self.requests = Counter(
            "ganglion_gateway_requests", "Users' requests by route and outcome", ["route", "outcome"], **own
        )
        self.seconds = Histogram(
            "ganglion_gateway_request_seconds", "Time to the last byte", ["route"], buckets=SECONDS, **own
        )
        self.retries = Counter(
            "ganglion_gateway_retries", "Requests that a second miner had to answer", **own
        )
        self.refusals = Counter(
            "ganglion_gateway_refusals",
            "Users' requests that one miner kept back (refused, failed) and another one answered",
            ["kind"],
            **own,
        )
        for kind in ("refused", "failed"):
            self.refusals.labels(kind)
        self.audits = Counter("ganglion_validator_audits", "Audited answers by verdict", ["verdict"], **own)
        self.broken = Counter(
            "ganglion_validator_broken_exchanges", "Exchanges without a valid answer", **own
        )
        self.weights = Counter(
            "ganglion_validator_weights",
            "Weights by outcome (committed, revealed, set, missed)",
            ["outcome"],
            **own,
        )
        for outcome in ("committed", "revealed", "set", "missed"):  # a rate needs a zero to start from
            self.weights.labels(outcome)

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """A gauge whose value is read at each scrape."""
        Gauge(f"ganglion_validator_{name}", help_text, registry=self.registry).set_function(read)

    def render(self) -> bytes:
        """The text that is scraped."""
        return generate_latest(self.registry)
