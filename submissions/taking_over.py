"""Taking a Word file over (从 Word 导入): a file becomes a draft with its pictures, or leaves nothing."""

import hashlib
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import transaction

from submissions import body, conversion, drafts, files, manuscripts, secrecy
from submissions.drafts import MOST, Typed
from submissions.forms.fields import MOST_TYPED
from submissions.forms.texts import MOST_HTML
from submissions.inspection import MEGABYTE, Unfit, inspect
from submissions.manuscripts import Manuscript
from submissions.models import Draft, Item
from trail.records import record
from units.models import Account, Office, Unit
from units.verdicts import Refused, TooLate

WORD = ("docx", *conversion.ENDINGS)
NO_ROOM = "服务器上存不下它的图片，没有导入。请告诉系统管理员磁盘满了，过一会儿再导入。"
CONVERTED = "是旧格式，先转换成了 .docx，请对照原件看一遍。"
OTHERS = {
    "docm": "是带宏的 Word 文件，不收。请另存为不带宏的 .docx 再导入。",
    "pdf": "是 PDF，里面的段落和表格还原不了。请导入它的 Word 原稿；没有原稿的，把文字复制到写信息的页面。",
    "xlsx": "是 Excel 表格。请把表格复制到 Word 里，或者在写信息的页面上作为附件添加。",
    "txt": "是纯文本。请把文字复制到写信息的页面。",
    "rtf": f"是 RTF 文件。{conversion.SAVE_AS}",
}


@dataclass
class Fate:
    """What became of one file: the draft that it is now, or why there is none."""

    name: str
    item: Item | None = None
    draft: Draft | None = None
    again: bool = False  # the same file from the same page: the draft was there
    warnings: list[str] = field(default_factory=list)
    refused: str = ""
    on_record: str = ""

    @property
    def title(self) -> str:
        return str(self.draft or self.item or self.name)

    @property
    def length(self) -> int:
        return body.length(body.plain(self.draft.body)) if self.draft else 0


def take_over(
    office: Office, unit: Unit, token: str, name: str, content: bytes, by: Account, size: int | None = None
) -> Fate:
    """Make a draft of a Word file. ``token`` is the page's; of one page the same file makes one draft, however often.

    ``size`` is what was sent. Never raises what the file is to blame for: its fate says so.
    """
    name = files.own_name(name) or "未命名.docx"
    own = hashlib.sha256(f"{token} {unit.pk} {hashlib.sha256(content).hexdigest()}".encode()).hexdigest()[:32]
    try:
        if there := drafts.written_with(own, office, by):
            return _there(name, there)
        secrecy.refuse_marked({"文件名": name})
        if (size or len(content)) > settings.ATTACHMENT_MB * MEGABYTE:
            raise Refused(f"太大，单个文件最多 {settings.ATTACHMENT_MB} MB。请把里面的图片压缩再导入。")
        if size and len(content) < size:
            raise Refused("几个文件加起来太大，它没有收全。请分几次导入。")
        read = _read(name, content)
        return _drafted(office, unit, own, name, read, by)
    except TooLate as error:
        if there := drafts.written_with(own, office, by):
            return _there(name, there)
        return Fate(name, refused=str(error), on_record=str(error))
    except (Refused, Unfit) as error:
        # A sentence on a file names the file; in the list the name stands before it.
        said = str(error).replace(f"《{name}》没有传上来：", "")
        return Fate(name, refused=said, on_record=getattr(error, "on_record", said))


def _there(name: str, item: Item) -> Fate:
    return Fate(name, item, Draft.objects.filter(item=item).first(), again=True)


def _read(name: str, content: bytes) -> Manuscript:
    """What the file says. Raises Unfit; or Marked where a mark stands anywhere in it, comments and headers too."""
    ending = name.rpartition(".")[2].lower()
    if ending not in WORD:
        told = OTHERS.get(ending, "不是 Word 文件。")
        raise Unfit(told if ending in OTHERS else f"{told}这里只收 {'、'.join(f'.{one}' for one in WORD)}。")
    if not content:
        raise Unfit("文件是空的（0 字节）。")
    old = conversion.is_old(content)
    if old:
        content = conversion.converted(content)
    elif ending != "docx" and not content.startswith(b"PK"):
        raise Unfit(f"内容不是 .{ending} 文件，或者已经损坏。{conversion.SAVE_AS}")
    words = inspect("x.docx", content).words
    secrecy.refuse_marked({f"文件《{name}》": words})
    read = manuscripts.read(content)
    if old:
        read.left_out.insert(0, CONVERTED)
    text = body.plain(read.html)
    if len(text) > MOST_TYPED or len(read.html) > MOST_HTML:
        raise Unfit(f"正文有 {body.length(text)} 个字，太长了，存不下。请拆成几个文件再导入。")
    return read


def _drafted(office: Office, unit: Unit, token: str, name: str, read: Manuscript, by: Account) -> Fate:
    """The draft of what was read, with its pictures: one transaction, and contents that go where it fails."""
    kept: list[str] = []
    try:
        with transaction.atomic():
            return _stored(office, unit, token, name, read, by, kept)
    except BaseException:
        files.remove(kept)
        raise


def _stored(office: Office, unit: Unit, token: str, name: str, read: Manuscript, by: Account, kept: list[str]) -> Fate:
    typed = Typed(
        title=read.title,
        body=body.clean(read.html),
        authors=read.authors,
        responsible=read.responsible,
        files=[[0, picture.caption] for picture in read.pictures],  # whose captions are looked through as well
    )
    left_out = list(read.left_out)
    draft = drafts.begin(office, unit, token, typed, by)
    item = draft.item
    ids: dict[int, int] = {}
    captions: dict[int, str] = {}
    warnings: list[str] = []
    for number, picture in enumerate(read.pictures):
        try:
            added = files.add(item, picture.name, picture.content, by)
        except files.NoRoom as error:
            raise Refused(NO_ROOM) from error
        except secrecy.Marked:
            raise
        except Refused as error:
            said = str(error).replace("没有传上来", "没有带过来")
            left_out.append(f"{said}{'它的说明是：' + picture.caption if picture.caption else ''}")
            continue
        kept.append(added.file.path)
        ids[number] = added.file.pk
        captions.setdefault(added.file.pk, picture.caption)
        warnings += [warning for warning in added.warnings if warning not in warnings]
    html = body.with_pictures(read.html, lambda number: f'<img data-file="{ids[number]}">' if number in ids else "")
    hung = [[pk, caption] for pk, caption in captions.items()]
    placed = replace(typed, version=draft.version, body=body.clean(html, files=set(captions)), files=hung)
    Draft.objects.filter(pk=draft.pk).update(came_from=name, left_out=left_out)
    record("从 Word 导入", by=by, office=office.code, on=item, after={"file": name})
    draft = drafts.save(item, placed, by, by_itself=True)
    length = body.length(body.plain(draft.body))
    if length > MOST:
        warnings.append(f"正文 {length} 个字，报送时最多 {MOST} 个；请删减，或者分成几条。")
    return Fate(name, item, draft, warnings=[*drafts.warnings(placed), *warnings])
