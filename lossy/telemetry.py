"""Lossy's own figures, for Prometheus: how long people wait, which engine answers, what becomes of durable work.

No label tells who somebody is or what they said, and each takes only a few values. Buckets are seconds around the goals
of the product.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_QUICK = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)

transcription_seconds = Histogram(
    "lossy_transcription_seconds",
    "From the end of speech to its final words, by the engine that gave them.",
    ("engine",),
    registry=REGISTRY,
    buckets=_QUICK,
)
ghost_note_seconds = Histogram(
    "lossy_ghost_note_seconds",
    "From the end of speech to the ghost note.",
    registry=REGISTRY,
    buckets=_QUICK,
)
partial_lag_seconds = Histogram(
    "lossy_partial_lag_seconds",
    "From the arrival of audio to the live words of it.",
    registry=REGISTRY,
    buckets=_QUICK,
)
structuring_seconds = Histogram(
    "lossy_structuring_seconds",
    "From words to a structured note, by the rules or a model.",
    ("by",),
    registry=REGISTRY,
    buckets=_QUICK,
)
engine_answers = Counter(
    "lossy_engine_answers_total", "Utterances that an engine gave words for.", ("engine",), registry=REGISTRY
)
engine_failures = Counter(
    "lossy_engine_failures_total",
    "Utterances that an engine gave no words for, so that the next one was asked, by the code of the failure.",
    ("engine", "code"),
    registry=REGISTRY,
)
client_trouble = Counter(
    "lossy_client_trouble_total",
    "What went wrong in browsers whose users let them tell: reconnect, audio_gap or dropped_frame.",
    ("what",),
    registry=REGISTRY,
)
client_inference_seconds = Histogram(
    "lossy_client_inference_seconds",
    "How long browsers that recognise speech themselves took for a remark, where their users let them tell.",
    registry=REGISTRY,
    buckets=_QUICK,
)
notes = Counter("lossy_notes_total", "Notes that came to a status.", ("status",), registry=REGISTRY)
job_run_seconds = Histogram(
    "lossy_job_run_seconds",
    "How long an attempt of durable work ran.",
    ("kind",),
    registry=REGISTRY,
    buckets=(0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120),
)
job_attempts = Counter(
    "lossy_job_attempts_total",
    "Attempts of durable work, by how they ended: done, failed, given_back or superseded.",
    ("kind", "outcome"),
    registry=REGISTRY,
)
sockets_opened = Counter(
    "lossy_socket_connections_total", "Connections that signed in.", ("namespace",), registry=REGISTRY
)
sockets_open = Gauge("lossy_socket_connections_open", "Connections now.", ("namespace",), registry=REGISTRY)
sessions_live = Gauge("lossy_sessions_live", "Review sessions in memory.", registry=REGISTRY)


def as_text() -> bytes:
    """Give all figures of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)


def show(port: int) -> None:
    """Show them at `/metrics` on a port of this machine's own address, from a thread; raises OSError if it is taken."""
    start_http_server(port, addr="127.0.0.1", registry=REGISTRY)
