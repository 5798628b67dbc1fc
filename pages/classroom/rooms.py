"""Rooms: a teacher's question and page, and how many have answered what. In memory, for two hours.

Of those who enter a room knows no names and no texts: counts of answers that the site itself
offers, and how many are there. Of its teacher it knows what is shown: a page, its values, a lesson.
Who opened it is known by a key that only the teacher's browser has.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from pages.classroom.running import Running

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which are read as 1 and 0
LASTS = 2 * 60 * 60  # seconds
MOST = 300
HERE = 15  # seconds after a look for which a voter is in the room: followers look every four


@dataclass(frozen=True)
class View:
    """What a room looks like from outside, at one moment.

    version grows with each change that followers want to hear of: what is shown, asked, revealed.
    round grows with each question that is asked, the same one again too. here: how many voters are
    in the room, or have answered. mine: what the voter who looks has answered in this round.
    """

    code: str
    version: int
    page: str
    values: Mapping[str, Any]
    running: Running | None  # the lesson that the teacher is in
    question: str  # the page whose prediction is asked; none if ""
    round: int
    revealed: bool
    counts: Mapping[str, int]
    here: int
    mine: str


@dataclass
class _Room:
    key: str
    until: float
    version: int = 0
    page: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    running: Running | None = None
    question: str = ""
    round: int = 0
    revealed: bool = False
    votes: dict[str, str] = field(default_factory=dict)  # by a token of each voter's own
    looked: dict[str, float] = field(default_factory=dict)  # when each did last


class NoRoom(LookupError):
    """A sentence for the reader: there is no such room, or no place for another."""


class Rooms:
    """All rooms of this process. Thread-safe. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, RLock()
        self._rooms: dict[str, _Room] = {}

    def open(self, key: str) -> str:
        """A new room, its teacher whoever has the key: its code. Raises NoRoom."""
        with self._lock:
            self._forget()
            if len(self._rooms) >= MOST:
                raise NoRoom(f"All {MOST} rooms are taken. They are free again after two hours.")
            code = next(c for c in iter(_code, "") if c not in self._rooms)
            self._rooms[code] = _Room(key, self._clock() + LASTS)
            return code

    def is_of(self, code: str, key: str) -> bool:
        """Whether there is such a room, and this is its teacher's key."""
        with self._lock:
            try:
                return bool(self._find(code, key))
            except NoRoom:
                return False

    def look(self, code: str, voter: str = "") -> View:
        """The room with this code, as this voter sees it, who is in it then. Raises NoRoom."""
        with self._lock:
            room, now = self._find(code), self._clock()
            if voter:
                room.looked[voter] = now
            room.looked = {who: at for who, at in room.looked.items() if now - at <= HERE}
            counts = Counter(room.votes.values())
            return View(
                code,
                room.version,
                room.page,
                dict(room.values),
                room.running,
                room.question,
                room.round,
                room.revealed,
                dict(counts),
                len(room.looked.keys() | room.votes.keys()),
                room.votes.get(voter, ""),
            )

    def go(self, code: str, voter: str) -> None:
        """The voter is not in the room any more. What was answered counts."""
        with self._lock:
            if room := self._rooms.get(code):
                room.looked.pop(voter, None)

    def show(
        self,
        code: str,
        key: str,
        page: str,
        values: Mapping[str, Any],
        running: Running | None = None,
    ) -> None:
        """The teacher shows a page, perhaps within a lesson: those who follow go there. Raises
        NoRoom."""
        with self._lock:
            room, shown = self._find(code, key), (page, dict(values), running)
            if (room.page, room.values, room.running) != shown:
                room.page, room.values, room.running = shown
                room.version += 1

    def ask(self, code: str, key: str, page: str) -> None:
        """The prediction of this page becomes the room's question; "" ends it. Raises NoRoom."""
        with self._lock:
            room = self._find(code, key)
            room.question, room.revealed, room.votes = page, False, {}
            room.round += 1
            room.version += 1

    def reveal(self, code: str, key: str) -> None:
        """Counts and answer are shown from now on. Raises NoRoom."""
        with self._lock:
            room = self._find(code, key)
            room.revealed = True
            room.version += 1

    def vote(self, code: str, question: str, voter: str, answer: str) -> bool:
        """One voter's answer to the question, in place of an earlier one: whether it is counted.
        Raises NoRoom."""
        with self._lock:
            room = self._find(code)
            if not question or room.question != question or room.revealed:
                return False
            room.votes[voter] = answer
            return True

    def close(self, code: str, key: str) -> None:
        """The room is gone. Raises NoRoom."""
        with self._lock:
            self._find(code, key)
            del self._rooms[code]

    def _find(self, code: str, key: str | None = None) -> _Room:
        self._forget()
        room = self._rooms.get(code)
        if room is None:
            raise NoRoom("There is no room with these letters. A room ends after two hours.")
        if key is not None and not secrets.compare_digest(room.key, key):
            raise NoRoom("This room is another teacher's.")
        return room

    def _forget(self) -> None:
        over = [code for code, room in self._rooms.items() if room.until <= self._clock()]
        for code in over:
            del self._rooms[code]


def _code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(4))
