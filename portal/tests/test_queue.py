"""The embedded queue loses nothing and never hands out half a message, with many writers and readers at once."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kombu import Connection
from kombu.transport import filesystem

from portal import queue as embedded

MESSAGES, WRITERS = 400, 4


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    folders = {
        "data_folder_in": tmp_path / "messages",
        "data_folder_out": tmp_path / "messages",
        "control_folder": tmp_path / "control",
        "processed_folder": tmp_path / "processed",
    }
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    return {name: str(folder) for name, folder in folders.items()}


def channel_of(transport: type, options: dict[str, str]):
    return Connection("filesystem://localhost", transport=transport, transport_options=options).default_channel


def race(transport: type, options: dict[str, str]) -> tuple[list[int], list[Exception]]:
    """Writers and readers at once: the numbers that came out, and what went wrong."""
    came: list[int] = []
    wrong: list[Exception] = []
    done = threading.Event()

    def write(first: int) -> None:
        channel = channel_of(transport, options)
        for number in range(first, MESSAGES, WRITERS):
            channel._put("jobs", {"number": number})

    def read() -> None:
        channel = channel_of(transport, options)
        while True:
            all_written = done.is_set()  # asked before: what is empty now may be filled until then
            try:
                came.append(channel._get("jobs")["number"])
            except embedded.Empty:
                if all_written:
                    return
            except Exception as error:
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(first,)) for first in range(WRITERS)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join(timeout=60)
    done.set()
    for thread in readers:
        thread.join(timeout=60)
    return came, wrong


def test_every_message_comes_out_once_and_whole(options):
    came, wrong = race(embedded.Transport, options)
    assert wrong == []
    assert sorted(came) == list(range(MESSAGES))
    assert not any(Path(options["processed_folder"]).iterdir())


def test_as_kombu_writes_it_a_reader_takes_half_a_message(options, monkeypatch):
    """The control: the same with kombu's own channel, slowed between making a file and filling it."""
    lock = filesystem.lock

    def slow(file: object, flags: int) -> None:
        time.sleep(0.002)
        lock(file, flags)

    monkeypatch.setattr(filesystem, "lock", slow)
    came, wrong = race(filesystem.Transport, options)
    assert wrong
    assert len(came) < MESSAGES


def test_a_message_that_cannot_be_read_is_left_out_and_the_next_comes(options, caplog):
    (Path(options["data_folder_in"]) / f"{0:020d}_x.jobs.msg").write_text("")
    channel = channel_of(embedded.Transport, options)
    channel._put("jobs", {"number": 1})
    assert channel._get("jobs") == {"number": 1}
    assert "cannot be read" in caplog.text


def test_a_folder_that_is_gone_is_an_error_of_the_queue_and_leaves_nothing(options):
    folder = Path(options["data_folder_out"])
    folder.rmdir()
    with pytest.raises(embedded.ChannelError, match="does not take"):
        channel_of(embedded.Transport, options)._put("jobs", {})


def test_bindings_made_at_once_are_all_kept(options):
    def bind(number: int) -> None:
        channel_of(embedded.Transport, options)._queue_bind("all", "", "", f"q{number}")

    threads = [threading.Thread(target=bind, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert {row.queue for row in channel_of(embedded.Transport, options).get_table("all")} == {
        f"q{n}" for n in range(12)
    }


def test_the_application_uses_it(tmp_path):
    code = "from portal.celery import app; print(type(app.connection().transport).__module__)"
    environment = {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "portal.queue"
