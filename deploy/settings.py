"""What a host may set, as data: read from the environment, and refused in clear words.

Every setting's name begins with `SITE_`, so that a name that is none is noticed.
"""

import difflib
import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

PREFIX = "SITE_"
SELF, NONE = "'self'", "'none'"
READERS_OF_A_REPLICA = 500
# A scheme, a host that may begin with "*.", perhaps a port: nothing that could end a header.
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE)
_PLAIN_PATH = re.compile(r"/[\w./@+-]+")


class WrongSetting(Exception):
    """A setting that cannot be meant: which one, what it says, and what it may say."""


@dataclass(frozen=True)
class Settings:
    """What a host may set. Each field is the environment variable `SITE_` and its name."""

    address: str = "0.0.0.0"  # where nginx listens; the replicas always listen on loopback
    port: int = 8080
    replicas: int = 1  # processes of the site: by default one per core
    readers: int = READERS_OF_A_REPLICA  # open at once, all together: by default 500 per replica
    readers_per_address: int = 250  # a class is behind one address
    embed: tuple[str, ...] = (SELF,)  # who may show the site in a frame: frame-ancestors
    behind_proxy: tuple[str, ...] = ()  # networks whose X-Forwarded-For and -Proto are believed
    precompute: bool = True  # each replica computes what readers ask for first, before they do
    certificate: str = ""  # files for https, where no proxy before nginx sees to that
    certificate_key: str = ""

    @property
    def secure(self) -> bool:
        """nginx speaks https itself."""
        return bool(self.certificate)


def read(environ: Mapping[str, str], cores: int) -> Settings:
    """The settings that an environment asks for; raises WrongSetting."""
    names = {PREFIX + field.name.upper(): field.name for field in fields(Settings)}
    said = {name: text.strip() for name, text in environ.items() if name.startswith(PREFIX)}
    for name in said:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1, 0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise WrongSetting(f"{name} is no setting.{hint} There are {', '.join(names)}.")
    given = {names[name]: _READ[names[name]](name, text) for name, text in said.items() if text}
    replicas = given.setdefault("replicas", cores)
    given.setdefault("readers", READERS_OF_A_REPLICA * replicas)
    settings = Settings(**given)
    if bool(settings.certificate) != bool(settings.certificate_key):
        raise WrongSetting("SITE_CERTIFICATE and SITE_CERTIFICATE_KEY are set together or not.")
    return settings


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def parse(name: str, text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
            raise WrongSetting(f"{name} is {text!r}. It is a whole number from {low} to {high}.")
        return int(text)

    return parse


def _yes_or_no(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise WrongSetting(f"{name} is {text!r}. It is yes or no.")
    return text == "yes"


def _address(name: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise WrongSetting(
            f"{name} is {text!r}. It is an IPv4 address of this machine: "
            "0.0.0.0 for all of them, 127.0.0.1 for readers on this machine only."
        ) from None


def _networks(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part)) for part in text.split())
    except ValueError:
        raise WrongSetting(
            f"{name} is {text!r}. It lists networks, separated by spaces: 10.0.0.0/8 172.16.0.0/12."
        ) from None


def _embedders(name: str, text: str) -> tuple[str, ...]:
    parts = [{"self": SELF, "none": NONE}.get(part.strip("'"), part) for part in text.split()]
    if parts == [NONE]:
        return (NONE,)
    for part in parts:
        if part == NONE:
            raise WrongSetting(f"{name} is {text!r}. 'none' stands alone, or not at all.")
        if part != SELF and not _ORIGIN.fullmatch(part):
            raise WrongSetting(
                f"{name} has {part!r}. It lists who may embed the site, separated by spaces: "
                "self, none, or origins such as https://course.example.org"
            )
    return tuple(dict.fromkeys([SELF, *parts]))


def _file(name: str, text: str) -> str:
    if not _PLAIN_PATH.fullmatch(text):
        raise WrongSetting(f"{name} is {text!r}. It is a whole path, without spaces or quotes.")
    if not Path(text).is_file() or not os.access(text, os.R_OK):
        raise WrongSetting(f"{name} is {text!r}. There is no such file that can be read.")
    return text


_READ: dict[str, Callable] = {
    "address": _address,
    "port": _whole(1, 65535),
    "replicas": _whole(1, 64),
    "readers": _whole(1, 100_000),
    "readers_per_address": _whole(1, 100_000),
    "embed": _embedders,
    "behind_proxy": _networks,
    "precompute": _yes_or_no,
    "certificate": _file,
    "certificate_key": _file,
}


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: those of the machine, or fewer where a container's quota
    says so."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        most, period = quota.read_text().split()
    except (OSError, ValueError):
        return here
    return here if most == "max" else max(1, min(here, math.ceil(int(most) / int(period))))
