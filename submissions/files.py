"""Files of items: looked into, kept under our own names, hung on drafts and revisions, checked by digest."""

import contextlib
import hashlib
import logging
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from submissions import secrecy
from submissions.inspection import MEGABYTE, Inspected, Unfit, inspect
from submissions.models import Attachment, Draft, Item, ItemFile, Revision
from submissions.models.files import kept
from submissions.permissions import WRITABLE, may_write
from trail.records import record
from units.models import Account
from units.text import one_line
from units.verdicts import Refused

log = logging.getLogger(__name__)
MOST = 30  # files of an item
UNHUNG = timedelta(days=1)  # after so long a file that hangs on nothing is taken away
NO_ROOM = "服务器上存不下这个文件，没有传上来；文字已经保存。请告诉系统管理员磁盘满了，过一会儿再传。"


class NoRoom(Refused):
    """The storage did not take a content."""


@dataclass(frozen=True)
class Added:
    """A file that was taken, and what its reader should know of it: a sentence each."""

    file: ItemFile
    warnings: list[str]


def own_name(name: str) -> str:
    """A file's name as it is shown: its last part alone, without what cannot be seen, 200 characters at most."""
    name = one_line(re.split(r"[\\/]", name)[-1]).replace('"', "").strip(". ")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: 199 - len(ending)]}{dot}{ending}" if dot and len(ending) <= 10 else name[:200]


def add(item: Item, name: str, content: bytes, by: Account, size: int | None = None) -> Added:
    """Look into a file and keep it for an item; what is there already is not kept twice. ``size`` is what was sent.

    Raises Refused: Marked where its name or its words bear a mark of secrecy, or with a sentence on what is
    wrong with it. Then nothing is kept.
    """
    if not (verdict := may_write(by, item)):
        raise Refused(verdict.reason)
    name = own_name(name)
    secrecy.refuse_marked({"文件名": name})
    if (size or len(content)) > settings.ATTACHMENT_MB * MEGABYTE:
        raise Refused(f"《{name}》太大，单个附件最多 {settings.ATTACHMENT_MB} MB，没有传上来。")
    if size and len(content) < size:
        raise Refused(f"几个文件加起来太大，《{name}》没有收全，没有传上来。请分几次传。")
    inspected = _looked_into(name, content)
    secrecy.refuse_marked({f"附件《{name}》": inspected.words})
    digest = hashlib.sha256(content).hexdigest()
    file = item.files.filter(sha256=digest).first()
    if file is None:
        if item.files.count() >= MOST:
            raise Refused(f"一条信息最多 {MOST} 个附件，没有传上来。请先移除用不着的，存了草稿再传。")
        file = _keep(item, name, content, digest, by)
    return Added(file, _warnings(name, inspected))


def _looked_into(name: str, content: bytes) -> Inspected:
    try:
        inspected = inspect(name, content)
    except Unfit as error:
        raise Refused(f"《{name}》没有传上来：{error}") from error
    if inspected.kind not in settings.ATTACHMENT_KINDS:
        raise Refused(f"《{name}》没有传上来：只收 {'、'.join(settings.ATTACHMENT_KINDS)}。")
    return inspected


def _warnings(name: str, inspected: Inspected) -> list[str]:
    if not inspected.legible:
        return [f"《{name}》里没有文字可查，像是扫描件，请自己看过没有涉密和内部内容。"]
    found = secrecy.personal_numbers(inspected.words)
    return [
        f"《{name}》里像是有{one.kind}：“{one.around}”。不是必须公开的，请删去或遮住几位再传。" for one in found[:5]
    ]


def _keep(item: Item, name: str, content: bytes, digest: str, by: Account) -> ItemFile:
    """Store the content, then its row. If the row fails the content goes; if we die between, the check finds it."""
    ending = name.rpartition(".")[2].lower()
    kind = "jpg" if ending == "jpeg" else ending
    path = f"{item.pk}/{digest[:16]}-{secrets.token_hex(4)}.{kind}"
    try:
        path = kept().save(path, ContentFile(content))
    except Exception as error:  # a full disk, or whatever a library of S3 raises
        log.exception("cannot keep %s", path)
        remove([path])
        raise NoRoom(NO_ROOM) from error
    try:
        with transaction.atomic():
            # The item is held, so that it is neither submitted nor deleted while a file is added to it.
            if not Item.objects.select_for_update().filter(pk=item.pk, state__in=WRITABLE).exists():
                raise Refused("这条信息刚刚已经报送或删去，附件没有传上来。")
            if same := item.files.filter(sha256=digest).first():  # sent twice at once
                remove([path])
                return same
            record("传附件", by=by, office=item.office.code, on=item, after={"file": name, "bytes": len(content)})
            return ItemFile.objects.create(
                item=item, name=name, kind=kind, path=path, sha256=digest, size=len(content), added_by=by
            )
    except BaseException:
        remove([path])
        raise


def remove_all(item: Item) -> None:
    """Take away the files of an item that goes itself, once that is certain."""
    paths = list(item.files.values_list("path", flat=True))
    item.files.all().delete()
    transaction.on_commit(partial(remove, paths))


def sweep() -> int:
    """Take away files that hang on no revision and no draft for a day: removed by their writers, or never saved."""
    old = ItemFile.objects.filter(attachments=None, added_at__lt=timezone.now() - UNHUNG)
    taken = 0
    for file in old.select_related("item").iterator(chunk_size=500):
        with transaction.atomic():
            draft = Draft.objects.select_for_update().filter(item=file.item_id).first()
            if draft and any(pk == file.pk for pk, _ in draft.files):
                continue
            if not ItemFile.objects.filter(pk=file.pk, attachments=None).delete()[0]:
                continue
            transaction.on_commit(partial(remove, [file.path]))
            taken += 1
    return taken


def wrong() -> Iterator[str]:
    """What does not agree between the rows and the storage, a sentence each."""
    for file in ItemFile.objects.order_by("pk").iterator(chunk_size=500):
        told = f"file {file.pk} ({file.path})"
        try:
            with kept().open(file.path) as content:
                digest = hashlib.file_digest(content, "sha256")
        except FileNotFoundError:
            yield f"{told}: missing"
            continue
        except Exception as error:  # of a disk, or of S3 whatever its library raises
            yield f"{told}: cannot be read ({error})"
            continue
        if digest.hexdigest() != file.sha256:
            yield f"{told}: content differs from its digest"


def orphans() -> Iterator[str]:
    """Names in the storage that no row knows and that are older than a day: left by a worker that died."""
    storage = kept()
    before = timezone.now() - UNHUNG
    for folder in _entries("")[0]:
        paths = [f"{folder}/{name}" for name in _entries(folder)[1]]
        known = set(ItemFile.objects.filter(path__in=paths).values_list("path", flat=True))
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                if path not in known and storage.get_modified_time(path) < before:
                    yield path


def _entries(folder: str) -> tuple[list[str], list[str]]:
    try:
        return kept().listdir(folder)
    except FileNotFoundError:
        return [], []


def remove(paths: Iterable[str]) -> None:
    """Take contents out of the storage. One that cannot be is left to the check."""
    for path in paths:
        try:
            kept().delete(path)
        except Exception:  # as above; what is left is found by the check
            log.exception("cannot remove %s", path)


def hang(files: list[list], revision: Revision) -> None:
    """Hang the files of a draft, ids and captions in order, on a revision."""
    Attachment.objects.bulk_create(
        [
            Attachment(revision=revision, file_id=pk, caption=caption, position=i)
            for i, (pk, caption) in enumerate(files)
        ]
    )
