"""A thread is given to a request only once all of it has arrived.

gunicorn's threaded worker gives each connection a thread with its first byte and then waits for the rest without a
limit of time: a few hundred half-sent requests of a stranger take every thread. Here they wait together in one thread,
at the kernel, which holds what has come of each; nothing is read before header and form are complete. What does not
come in time is let go, and so is the longest waiting when too many wait. A large body (an upload) is read by the view
as it comes, with a limit on silence.

gunicorn also waits up to two seconds, in the one thread that accepts connections, for a client to close what it was
told is over. That wait is done here too, so that gunicorn finds it done.
"""

import fcntl
import logging
import os
import selectors
import socket
import struct
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from clinic.config import FORM_BYTES

HEADER_BYTES = 32 * 1024
HEADER_SECONDS = 15
FORM_BYTES_A_SECOND = 4096  # a form gets this much more time
SILENCE_SECONDS = 20  # within an upload, or of a browser that does not take the answer
LINGER_SECONDS = 2
WAITING = 1000
_LOOK_SECONDS = 0.5
_SILENCE = struct.pack("ll", SILENCE_SECONDS, 0)
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_GIVEN_UP = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
log = logging.getLogger(__name__)


class ClinicWebWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker with such a pool of threads."""

    def get_thread_pool(self) -> Executor:
        """gunicorn asks for it once in each process, after the fork."""
        return Doorway(self.cfg.threads)


@dataclass
class _Waiting:
    """A connection on its way in, or (`leaving`) out, and until when (monotonic seconds)."""

    sock: socket.socket
    until: float
    future: "Future[Any]"
    begin: Callable[[], Any]
    needs: int = 1  # bytes before there is something to do
    told_to_go_on: bool = False
    leaving: bool = False


class Doorway(Executor):
    """Threads for complete requests. Each task is `submit(handle, connection)`; its result is what handle returned."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._arrived: deque[_Waiting] = deque()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._is_open = True
        self._looks = threading.Thread(target=self._look_after, name="doorway", daemon=True)
        self._looks.start()

    def submit(self, handle: Callable[..., Any], /, *args: Any, **_kwargs: Any) -> "Future[Any]":
        """Run `handle(connection)` once the next request of the connection is there; False when it does not come."""
        [connection] = args
        until = time.monotonic() + HEADER_SECONDS
        waiting = _Waiting(connection.sock, until, Future(), lambda: handle(connection))
        try:
            _refuse_read_ahead(connection)
            missing = _missing(connection.sock)
        except OSError:
            _close(waiting)
            return waiting.future
        if missing:
            self._hand_over(waiting)
        else:
            self._begin(waiting)
        return waiting.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._is_open = False
        self._nudge()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _begin(self, waiting: _Waiting) -> None:
        try:
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                waiting.sock.setsockopt(socket.SOL_SOCKET, option, _SILENCE)
            self._threads.submit(self._run, waiting)
        except (OSError, RuntimeError):  # closed; stopping
            waiting.future.set_result(False)

    def _run(self, waiting: _Waiting) -> None:
        """In a thread of its own: answer the request."""
        stays_open = False
        try:
            stays_open = waiting.begin()
        finally:
            self._finish(waiting, stays_open)

    def _finish(self, waiting: _Waiting, stays_open: Any) -> None:
        if stays_open:
            waiting.future.set_result(stays_open)
            return
        try:
            waiting.sock.shutdown(socket.SHUT_WR)
        except OSError:
            waiting.future.set_result(False)
            return
        waiting.leaving, waiting.until = True, time.monotonic() + LINGER_SECONDS
        self._hand_over(waiting)

    def _hand_over(self, waiting: _Waiting) -> None:
        self._arrived.append(waiting)
        self._nudge()

    def _nudge(self) -> None:
        try:
            self._wake.send(b"!", socket.MSG_DONTWAIT)
        except OSError:
            return  # It has been woken often enough, or has ended.

    def _look_after(self) -> None:
        """The one thread in which all of them wait."""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                room = _Room(selector, self._begin)
                while self._is_open:
                    self._look(selector, room)
        finally:
            if self._is_open:
                os._exit(1)  # Without it nobody would be answered: gunicorn starts another process.
            self._wake.close()
            self._woken.close()

    def _look(self, selector: selectors.BaseSelector, room: "_Room") -> None:
        for key, _events in selector.select(_LOOK_SECONDS):
            if key.data:
                room.look_at(key.data)
            else:
                self._woken.recv(4096)
        while self._arrived:
            room.take_in(self._arrived.popleft())
        room.let_go_late(time.monotonic())


class _Room:
    """Who waits, the longest waiting first. Used by one thread alone."""

    def __init__(self, selector: selectors.BaseSelector, begin: Callable[[_Waiting], None]) -> None:
        self._selector, self._begin = selector, begin
        self._waiting: dict[int, _Waiting] = {}

    def take_in(self, waiting: _Waiting) -> None:
        number = waiting.sock.fileno()
        if number < 0:
            waiting.future.set_result(False)
            return
        self._waiting[number] = waiting
        self._selector.register(number, selectors.EVENT_READ, waiting)
        self.look_at(waiting, has_news=False)
        while len(self._waiting) > WAITING:
            self._let_go(next(iter(self._waiting.values())))

    def look_at(self, waiting: _Waiting, *, has_news: bool = True) -> None:
        """Something came, or the other side has closed."""
        try:
            if waiting.leaving:
                is_over = not waiting.sock.recv(HEADER_BYTES, socket.MSG_DONTWAIT)
            else:
                is_over = self._is_complete(waiting, has_news)
        except BlockingIOError:
            return
        except OSError:
            self._let_go(waiting)
            return
        if is_over and waiting.leaving:
            self._let_go(waiting)
        elif is_over:
            self._forget(waiting)
            self._begin(waiting)

    def _is_complete(self, waiting: _Waiting, has_news: bool) -> bool:
        sock = waiting.sock
        if has_news and _held(sock) < waiting.needs:
            raise ConnectionResetError  # Awake without what was waited for: nothing more will come.
        missing = _missing(sock)
        waiting.needs, is_complete = missing or 1, missing == 0
        # The kernel says nothing more before this many bytes are there. A form gets the time that its size needs.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, waiting.needs)
        if waiting.needs > HEADER_BYTES and not waiting.told_to_go_on:
            waiting.until += waiting.needs / FORM_BYTES_A_SECOND
        if not is_complete and not waiting.told_to_go_on and _asks_to_go_on(sock):
            waiting.told_to_go_on = True
            sock.send(_GO_ON, socket.MSG_DONTWAIT)
        return is_complete

    def let_go_late(self, now: float) -> None:
        for waiting in [each for each in self._waiting.values() if each.until < now]:
            self._let_go(waiting)

    def _let_go(self, waiting: _Waiting) -> None:
        self._forget(waiting)
        _close(waiting)

    def _forget(self, waiting: _Waiting) -> None:
        number = waiting.sock.fileno()
        if self._waiting.pop(number, None):
            self._selector.unregister(number)


def _close(waiting: _Waiting) -> None:
    """Close both ways, so that gunicorn need not wait for the other side."""
    try:
        if not waiting.leaving and _held(waiting.sock):
            waiting.sock.send(_GIVEN_UP, socket.MSG_DONTWAIT)
        waiting.sock.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        log.debug("a connection was gone: %s", type(error).__name__)
    waiting.future.set_result(False)


def _refuse_read_ahead(connection: Any) -> None:
    """Raises OSError for who sent the next request before the answer to this one: no browser and no proxy does.

    What gunicorn has read of it is not at the kernel any more.
    """
    if connection.parser is not None and connection.parser.unreader.buf.getvalue():
        raise ConnectionResetError


def _asks_to_go_on(sock: socket.socket) -> bool:
    header, end, _ = sock.recv(HEADER_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT).partition(b"\r\n\r\n")
    return bool(end) and b"\r\nexpect: 100-continue" in header.lower()


def _held(sock: socket.socket) -> int:
    """How many bytes have come that nobody has read."""
    return int.from_bytes(fcntl.ioctl(sock, termios.FIONREAD, bytes(4)), sys.byteorder)


def _missing(sock: socket.socket) -> int:
    """How many bytes must be there before the next look; 0 when the request is complete, or has a large body.

    Raises OSError when there is nothing to wait for.
    """
    try:
        header = sock.recv(HEADER_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 1
    if not header:
        raise ConnectionResetError
    end = header.find(b"\r\n\r\n") + 4
    if end < 4:
        if len(header) >= HEADER_BYTES:
            raise ConnectionResetError
        return len(header) + 1
    whole = end + _form_bytes(header[:end])
    return 0 if _held(sock) >= whole else whole


def _form_bytes(header: bytes) -> int:
    """The length of the body when it is a form's."""
    for line in header.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = value.strip()
            return int(length) if length.isdigit() and len(length) < 9 and int(length) <= FORM_BYTES else 0
    return 0


def close_after_upload(request: Any) -> None:
    """Let nobody wait for the rest of a large body that a view did not read."""
    form = int(dict(request.headers).get("CONTENT-LENGTH", "0") or 0) <= FORM_BYTES
    if not form or any(name == "TRANSFER-ENCODING" for name, _value in request.headers):
        request.force_close()
