"""The processes: replicas of the site on loopback, nginx in front, all looked after by this one."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from deploy import files, nginx
from deploy.settings import PREFIX, Settings, WrongSetting

ROOT = Path(__file__).parents[1]
START = 120.0  # seconds in which a replica has to answer
_MESSAGE = 10  # MB: the longest message, either way; no page sends 2
_ONCE_MORE = (1.0, 30.0)  # seconds until a replica that ended starts again: at first, at most
_BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")  # Debian's place
_FILES = 65_536  # open files; a reader takes two of nginx's


class CannotServe(Exception):
    """Why the site is not served, in words."""


def command(port: int) -> list[str]:
    """What starts one replica. Only this machine can reach it."""
    options = {
        "port": port,
        "address": "127.0.0.1",
        "headless": "true",
        "maxMessageSize": _MESSAGE,
        "enableWebsocketCompression": "true",
    }
    start = [sys.executable, "-m", "streamlit", "run", "app.py"]
    return start + [f"--server.{name}={value}" for name, value in options.items()]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A replica's environment: one thread for its matrix products, as every core has a replica, and
    of our settings the one that it looks at itself."""
    kept = {name: text for name, text in environ.items() if not name.startswith(PREFIX)}
    if said := environ.get("SITE_PRECOMPUTE", "").strip():
        kept["SITE_PRECOMPUTE"] = said
    return {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"} | kept


class Replica:
    """One process of the site. It is started again whenever it has ended."""

    def __init__(self, number: int, port: int):
        self.number, self.port = number, port
        self._pause, self._due = _ONCE_MORE[0], 0.0
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            command(self.port),
            cwd=ROOT,
            env=environment(os.environ),
            stdout=subprocess.DEVNULL,  # its address, which is no reader's
        )
        self._begun = time.monotonic()

    def await_answer(self, seconds: float = START) -> None:
        """Wait until it answers, and have it run its first page before a reader comes."""
        until = time.monotonic() + seconds
        asks = f"http://127.0.0.1:{self.port}/_stcore/script-health-check"
        while not _answers(asks, 30, None):
            if self.process.poll() is not None:
                raise CannotServe(f"Replica {self.number} ended: its words are above.")
            if time.monotonic() > until:
                raise CannotServe(f"Replica {self.number} did not answer in {seconds:.0f} s.")
            time.sleep(0.1)

    def look_after(self) -> None:
        """Start it again if it has ended; later each time if that goes on."""
        now = time.monotonic()
        if self.process.poll() is None:
            return
        if not self._due:
            if now - self._begun > 60:
                self._pause = _ONCE_MORE[0]
            say(f"Replica {self.number} ended; it starts again in {self._pause:.0f} s.")
            self._due, self._pause = now + self._pause, min(2 * self._pause, _ONCE_MORE[1])
        elif now >= self._due:
            self._due = 0.0
            self.start()


def is_healthy(settings: Settings) -> bool:
    """Whether the site that was started with these settings answers."""
    host = "127.0.0.1" if settings.address == "0.0.0.0" else settings.address
    scheme, context = "http", None
    if settings.secure:
        # The certificate is for the name that readers use, and here it is asked by its address.
        scheme, context = "https", ssl._create_unverified_context()
    return _answers(f"{scheme}://{host}:{settings.port}/_stcore/health", 4, context)


def _answers(url: str, seconds: float, context: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=seconds, context=context) as found:
            return found.status == 200
    except OSError:
        return False


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _binary() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise CannotServe("There is no nginx on this machine: apt-get install nginx-light")
    return found


def _brotli() -> Path | None:
    return _BROTLI if _BROTLI.is_file() and shutil.which("brotli") else None


def _check_port(settings: Settings) -> None:
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((settings.address, settings.port))
        except OSError as error:
            raise WrongSetting(
                f"SITE_PORT is {settings.port}, SITE_ADDRESS {settings.address}. "
                f"Nothing can listen there: {error.strerror}."
            ) from None


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _written(folder: Path, text: str) -> Path:
    """The configuration as a file. Workers of an nginx that root starts are somebody else."""
    folder.chmod(0o755)
    place = folder / "nginx.conf"
    place.write_text(text, "utf-8")
    return place


def _check(start: list[str]) -> None:
    tried = subprocess.run([*start, "-t"], capture_output=True, text=True)
    if tried.returncode:
        raise CannotServe(f"nginx does not take its configuration:\n{tried.stderr.strip()}")


def run(settings: Settings) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C); raises WrongSetting, CannotServe."""
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    binary = _binary()
    _check_port(settings)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))

    replicas: list[Replica] = []
    front: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="site-") as name, contextlib.ExitStack() as ends:
        folder = Path(name)
        ends.callback(lambda: _end([*front, *(replica.process for replica in replicas)]))
        ports = _free_ports(settings.replicas)
        text = nginx.configuration(settings, ports, folder, files.page(), _brotli())
        start = [binary, "-e", "stderr", "-p", name, "-c", str(_written(folder, text))]
        _check(start)
        for number, port in enumerate(ports, 1):
            replicas.append(Replica(number, port))
        files.lay_out(folder / "files")
        for replica in replicas:
            replica.await_answer()
        front.append(subprocess.Popen(start))
        threading.Thread(target=files.add_brotli, args=(folder / "files",), daemon=True).start()
        scheme = "https" if settings.secure else "http"
        say(f"{len(ports)} × the site on {scheme}://{settings.address}:{settings.port}")
        while not stop.wait(0.2):
            if front[0].poll() is not None:
                raise CannotServe("nginx ended: its words are above.")
            for replica in replicas:
                replica.look_after()
