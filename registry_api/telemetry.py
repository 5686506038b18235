"""Faults to Sentry and traces to an OpenTelemetry collector, each only if its address is set."""

from __future__ import annotations

from typing import Any

from fastapi.telemetry import TelemetryConfig
from pydantic import SecretStr

from registry_api.errors import FatalError

NAME = "registry-api"
_OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def start_sentry(dsn: SecretStr | None) -> None:
    """From now on, faults are reported with their trace and the request's id; nothing of the client is.

    :raises FatalError: if what it needs is not installed
    """
    if dsn is None:
        return
    try:
        import sentry_sdk  # noqa: PLC0415  # optional
    except ImportError:
        raise FatalError("sentry_dsn: needs `pip install .[telemetry]`") from None
    sentry_sdk.init(
        dsn.get_secret_value(),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_without_client,
    )


def _without_client(event: Any, _hint: Any) -> Any:
    """No key, no address, no query: what a client asks is its own."""
    request = event.get("request", {})
    for name in ("headers", "cookies", "env", "query_string", "data"):
        request.pop(name, None)
    event.pop("user", None)
    return event


def tracing(url: str | None) -> TelemetryConfig:
    """How FastAPI traces requests.

    :param url: where spans go, as OTLP over HTTP
    :raises FatalError: if what it needs is not installed
    """
    if url is None:
        return _OFF
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # optional
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise FatalError("traces_url: needs `pip install .[telemetry]`") from None
    provider = TracerProvider(resource=Resource.create({"service.name": NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return {**_OFF, "tracing": True, "tracer_provider": provider}
