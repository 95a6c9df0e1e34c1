"""What Prometheus can read of a miner. A registry of its own; no label names a caller."""

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
            "ganglion_miner_requests",
            "Requests by route and outcome (ok, cancelled or error code)",
            ["route", "outcome"],
            **own,
        )
        self.tokens = Counter("ganglion_miner_tokens", "Tokens by kind (prompt, completion)", ["kind"], **own)
        self.seconds = Histogram(
            "ganglion_miner_request_seconds",
            "Time to the last byte of an answer",
            ["route"],
            buckets=SECONDS,
            **own,
        )
        self.first_token = Histogram(
            "ganglion_miner_first_token_seconds",
            "Time to the first token of an answer",
            buckets=SECONDS,
            **own,
        )

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """A gauge whose value is read at each scrape."""
        Gauge(f"ganglion_miner_{name}", help_text, registry=self.registry).set_function(read)

    def render(self) -> bytes:
        """The text that is scraped."""
        return generate_latest(self.registry)
