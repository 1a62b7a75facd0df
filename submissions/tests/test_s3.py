"""Files in S3 instead of a folder: a real server on this machine, spoken to as in production."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings as project
from django.core.files.storage import storages

from submissions import files
from submissions.models import Item, ItemFile
from submissions.models.files import kept
from submissions.tests.papers import picture
from submissions.tests.test_files import checked, told_wrong, upload
from units.verdicts import Refused

pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
READ_SETTINGS = """
import json
from portal import settings
options = settings.STORAGES["items"]["OPTIONS"]
print(json.dumps({name: value for name, value in options.items() if name != "client_config"}))
"""


@pytest.fixture
def bucket(settings) -> Iterator[str]:
    """The storage as the settings make it of the environment, on a server with an empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    named = {"S3_BUCKET": "xinxi", "S3_ENDPOINT": f"http://{host}:{port}", "S3_KEY": "k", "S3_SECRET": "s"}
    environment = {**os.environ, **named, "S3_REGION": "us-east-1"}
    command = [sys.executable, "-c", READ_SETTINGS]
    printed = subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    options = json.loads(printed.stdout)
    settings.STORAGES = {
        **settings.STORAGES,
        "items": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    boto3.client(
        "s3",
        endpoint_url=options["endpoint_url"],
        aws_access_key_id="k",
        aws_secret_access_key="s",
        region_name="us-east-1",
    ).create_bucket(Bucket="xinxi")
    assert storages["items"].bucket_name == "xinxi"
    yield options["endpoint_url"]
    server.stop()


def test_a_file_goes_to_s3_comes_back_is_checked_and_swept(world, sun, bucket):
    item = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    told = upload(sun, item, "图.png", picture()).json()
    file = ItemFile.objects.get()
    answer = sun.get(told["address"])
    assert b"".join(answer) == picture()
    assert checked() == "1 files, 0 wrong, 0 known to no item"
    with kept().open(f"{item.pk}/left.png", "wb") as left:
        left.write(b"half")
    with patch.object(files, "UNHUNG", timedelta(days=-1)):
        assert f"{item.pk}/left.png: known to no item" in told_wrong()
    kept().delete(file.path)
    assert f"file {file.pk} ({file.path}): missing" in told_wrong()
    assert sun.get(told["address"]).status_code == 404


def test_where_s3_does_not_answer_there_is_a_sentence(world, settings):
    from botocore.config import Config

    options = {"bucket_name": "x", "endpoint_url": "http://127.0.0.1:9", "access_key": "k", "secret_key": "s"}
    options["client_config"] = Config(retries={"max_attempts": 0})
    settings.STORAGES = {
        **settings.STORAGES,
        "items": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    item = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    with pytest.raises(Refused, match="存不下这个文件"):
        files.add(item, "图.png", picture(), world.officer)
    assert not ItemFile.objects.exists()
