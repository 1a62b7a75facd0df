"""A mail server for the tests, on a port of its own: it keeps what it was given, and does on request what hurts.

``tricks`` say what becomes of the letter of a number: the first is 1.
"""

import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

Trick = Callable[[str], str | None]  # given "data" or "end", the answer instead of the usual; "" hangs up


@dataclass
class Postbox:
    """What arrived, each with the time it was given its end; ``begun`` counts letters that were begun."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    begun: int = 0
    tricks: dict[int, Trick] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def receivers(self) -> list[str]:
        return [str(letter["To"]) for letter in self.letters]


@contextmanager
def open_postbox(port: int = 0, known: Postbox | None = None) -> Iterator[Postbox]:
    """Serve until the block ends; ``known`` goes on with what another has kept."""
    box = known or Postbox()

    class Session(socketserver.StreamRequestHandler):
        timeout = 60

        def handle(self) -> None:
            self.say("220 postbox")
            while line := self.rfile.readline().decode().strip():
                verb = line.partition(" ")[0].lower()
                if verb == "data":
                    if not self.take_letter():
                        break
                elif verb == "quit":
                    self.say("221 bye")
                    break
                else:
                    self.say("250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def take_letter(self) -> bool:
            """Whether the session goes on."""
            box.begun += 1
            trick = box.tricks.get(box.begun, lambda stage: None)
            for stage, usual in (("data", "354 go on"), ("end", "250 kept")):
                if stage == "end":
                    content = b""
                    while (line := self.rfile.readline()) != b".\r\n":
                        if not line:
                            return False  # no end: nothing was sent
                        content += line[1:] if line.startswith(b"..") else line
                answer = trick(stage)
                if stage == "end" and (answer is None or answer.startswith("250")):
                    made = email.message_from_bytes(content, policy=email.policy.default)
                    assert isinstance(made, EmailMessage)
                    box.letters.append(made)
                answer = usual if answer is None else answer
                if not answer:
                    return False
                self.say(answer)
                if not answer.startswith(usual[:3]):
                    return True
            return True

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Session) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(timeout=10)
