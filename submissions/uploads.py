"""How uploaded files come in: into memory, and never more of them than may be kept."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from submissions.inspection import MEGABYTE


class BoundedUpload(FileUploadHandler):
    """Keeps of each file one byte more than the limit, and of all files of a request three times as much at most.

    The rest is dropped; ``size`` is that of the whole file, so that whoever reads it sees that something is missing.

    No temporary files: nothing is written outside ``DATA_DIR``, nothing is left by a worker that dies, and a full
    disk is met where it can be told (``files.add``).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = settings.ATTACHMENT_MB * MEGABYTE + 1
        self.room = 3 * self.most
        self.content = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.room -= self.content.write(raw_data[: min(self.room, self.most - self.content.tell())])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.content.seek(0)
        return InMemoryUploadedFile(
            self.content,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
