"""nginx's configuration as text: pure functions of the settings."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from deploy.settings import NONE, SELF, Settings

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
_BLANK = re.compile(r"\{\{(\w+)\}\}")
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width'><title>{title}</title>"
    "<body style='font: 18px/1.5 sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em'>"
    "<h1 style='font-size: 1.4em'>{title}</h1><p>{text}</p>"
)
FULL = _PAGE.format(
    title="All places are taken",
    text="As many readers as this server can serve well are on it, or come from your address. "
    "Those who are in go on undisturbed. Load this page again in a minute.",
)
STARTING = _PAGE.format(
    title="The site is starting",
    text="It will answer in a few seconds. Load this page again.",
)


def fill(template: str, **blanks: object) -> str:
    """The template with `{{name}}` replaced; a name on one side only raises KeyError."""
    asked = set(_BLANK.findall(template))
    if asked != blanks.keys():
        raise KeyError(f"filled in one place only: {sorted(asked ^ blanks.keys())}")
    return _BLANK.sub(lambda blank: str(blanks[blank[1]]), template)


def content_policy(embed: Sequence[str], page: str) -> str:
    """The content security policy: everything from this site alone.

    page: the HTML that every address is answered with. The scripts that stand in it are let through
    by their hashes. Vega's expressions are interpreted and need no `unsafe-eval`; Streamlit's
    styles are made while it runs, which needs `unsafe-inline`.
    """
    inline = "".join(f" '{_digest(script)}'" for script in _INLINE.findall(page))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval'{inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            f"frame-ancestors {' '.join(embed)}",
            "base-uri 'self'",
            "object-src 'none'",
            "form-action 'self'",
        )
    )


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def configuration(
    settings: Settings, ports: Sequence[int], folder: Path, page: str, brotli: Path | None = None
) -> str:
    """nginx.conf for replicas that listen on these ports of the loopback interface.

    folder: nginx's own, with the site's files in `files/static`; page: see `content_policy`;
    brotli: nginx's module that serves `.br` files, where there is one.
    """
    replicas = dict(enumerate(ports, 1))
    foreign = set(settings.embed) - {SELF, NONE}
    # For old browsers. It cannot name anyone else: then the policy alone says it.
    frame_options = "" if foreign else "DENY" if NONE in settings.embed else "SAMEORIGIN"
    framed = 'SameSite=None; Secure; Partitioned"' if foreign else 'SameSite=Lax; Secure"'
    over_https = ['"~^https:"'] + (['"~^http:https$"'] if settings.behind_proxy else [])
    trusted = [f"set_real_ip_from {network};" for network in settings.behind_proxy]
    if trusted:
        trusted += ["real_ip_header X-Forwarded-For;", "real_ip_recursive on;"]
    certificate = [
        f"ssl_certificate {settings.certificate};",
        f"ssl_certificate_key {settings.certificate_key};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:tls:2m;",
    ]
    return fill(
        TEMPLATE.read_text("utf-8"),
        workers=len(ports),
        folder=folder,
        brotli_module=f"load_module {brotli};" if brotli else "",
        brotli="brotli_static on;" if brotli else "",
        upstreams=_lines(4, (_upstream(number, replicas) for number in replicas)),
        shares=_lines(8, _shares(len(ports))),
        pools=_lines(8, (f"{number} replica_{number};" for number in replicas)),
        served=_lines(8, (f'"~:{port}$" {number};' for number, port in replicas.items())),
        cookie_kinds=_lines(8, (f'{scheme} "{framed};' for scheme in over_https)),
        address=settings.address,
        port=settings.port,
        tls=" ssl http2" if settings.secure else "",
        certificate=_lines(8, certificate if settings.secure else []),
        real_ip=_lines(8, trusted),
        policy=content_policy(settings.embed, page),
        frame_options=frame_options,
        transport="max-age=31536000" if settings.secure else "",
        readers_per_address=settings.readers_per_address,
        readers=settings.readers,
        full_page=FULL,
        starting_page=STARTING,
    )


def _upstream(number: int, replicas: dict[int, int]) -> str:
    """A group for the readers of one replica: it, and the others for when it does not answer."""
    others = (f" server 127.0.0.1:{p} backup;" for n, p in replicas.items() if n != number)
    own = f"server 127.0.0.1:{replicas[number]} max_fails=1 fail_timeout=2s;"
    return f"upstream replica_{number} {{ {own}{''.join(others)} }}"


def _shares(count: int) -> list[str]:
    """Readers who come without a cookie are spread evenly."""
    shares = [f"{100 / count:.2f}% replica_{number};" for number in range(1, count)]
    return [*shares, f"* replica_{count};"]


def _lines(indent: int, lines: Iterable[str]) -> str:
    return "\n".join(" " * indent + line for line in lines)
