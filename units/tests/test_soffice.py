"""LibreOffice is told to fetch nothing that a document points at: it is somebody else's document, and our network."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from units import soffice

pytestmark = pytest.mark.once

PAGE = '<html><body><p>text</p><img src="http://127.0.0.1:{}/picture.png"></body></html>'


@pytest.fixture
def asked():
    """The paths that a server of ours was asked for, and its port."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def parse_request(self) -> bool:
            parsed = super().parse_request()
            paths.append(self.path)  # whatever is asked of it
            return parsed

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield paths, server.server_port
        server.shutdown()
        thread.join()


def test_a_document_that_points_elsewhere_fetches_nothing(asked, tmp_path):
    if soffice.program() is None:
        assert os.environ.get("REQUIRE_SERVICES") != "1"
        pytest.skip("LibreOffice is not installed on this machine.")
    paths, port = asked
    source = tmp_path / "page.html"
    source.write_text(PAGE.format(port))
    soffice.convert(source, "pdf", 60)
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    assert paths == []
