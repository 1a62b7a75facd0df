"""Files for the tests: real ones, made small, and those that hide something."""

import io
import zipfile
from collections.abc import Callable

import docx
import openpyxl
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject


def word(*paragraphs: str) -> bytes:
    """A Word file with these paragraphs, each split into runs as Word splits them."""
    document = docx.Document()
    for text in paragraphs:
        paragraph = document.add_paragraph()
        for character in text:
            paragraph.add_run(character)
    return _saved(document.save)


def sheet(*cells: str) -> bytes:
    """A workbook with these cells below each other."""
    book = openpyxl.Workbook()
    for row, text in enumerate(cells, start=1):
        book.active.cell(row, 1, text)
    return _saved(book.save)


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    return _saved(lambda file: Image.new("1", size).save(file, kind))


def pdf(
    text: str = "",
    title: str = "",
    encrypted: bool = False,
    action: str = "",
    key: str = "/OpenAction",
    attached: bool = False,
) -> bytes:
    """A PDF of one page whose text is looked up in a map, as Word and WPS write Chinese; or without any.

    ``action`` is the type of one that hangs on the document under ``key``.
    """
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    if text:
        _write(writer, page, text)
    if title:
        writer.add_metadata({"/Title": title})
    if action:
        writer.root_object[NameObject(key)] = DictionaryObject({NameObject("/S"): NameObject(action)})
    if attached:
        writer.add_attachment("x.exe", b"MZ")
    if encrypted:
        writer.encrypt("")
    return _saved(writer.write)


def _write(writer: PdfWriter, page: DictionaryObject, text: str) -> None:
    codes = {character: i + 1 for i, character in enumerate(dict.fromkeys(text))}
    rows = "\n".join(f"<{code:04x}> <{character.encode('utf-16-be').hex()}>" for character, code in codes.items())
    mapped = DecodedStreamObject()
    mapped.set_data(
        f"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange\n<0000> <ffff>\n"
        f"endcodespacerange\n{len(codes)} beginbfchar\n{rows}\nendbfchar\nendcmap end end".encode()
    )
    name = NameObject
    descendant = DictionaryObject(
        {
            name("/Type"): name("/Font"),
            name("/Subtype"): name("/CIDFontType2"),
            name("/BaseFont"): name("/SimSun"),
            name("/DW"): NumberObject(1000),
        }
    )
    font = DictionaryObject(
        {
            name("/Type"): name("/Font"),
            name("/Subtype"): name("/Type0"),
            name("/BaseFont"): name("/SimSun"),
            name("/Encoding"): name("/Identity-H"),
            name("/ToUnicode"): writer._add_object(mapped),
        }
    )
    font[name("/DescendantFonts")] = ArrayObject([writer._add_object(descendant)])
    fonts = DictionaryObject({name("/F1"): writer._add_object(font)})
    page[name("/Resources")] = DictionaryObject({name("/Font"): fonts})
    shown = DecodedStreamObject()
    coded = "".join(f"{codes[character]:04x}" for character in text)
    shown.set_data(f"BT /F1 12 Tf 20 100 Td <{coded}> Tj ET".encode())
    page[name("/Contents")] = writer._add_object(shown)


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A Word or Excel file with one part of it changed, or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, change(old.read(part) if part in old.namelist() else b""))
    return made.getvalue()


def with_part(content: bytes, name: str, told: str, part: bytes = b"x") -> bytes:
    """A Word or Excel file with one more part of a declared type."""
    row = f'<Override PartName="/{name}" ContentType="{told}"/></Types>'.encode()
    declared = changed(content, "[Content_Types].xml", lambda old: old.replace(b"</Types>", row))
    return changed(declared, name, lambda old: part)


def related(content: bytes, kind: str, target: str, mode: str = "Internal") -> bytes:
    """A Word file whose text is related to something."""
    row = f'<Relationship Id="x" Type="http://x/relationships/{kind}" Target="{target}" TargetMode="{mode}"/>'
    ends = b"</Relationships>"
    return changed(content, "word/_rels/document.xml.rels", lambda old: old.replace(ends, row.encode() + ends))


def with_text(content: bytes, xml: str) -> bytes:
    """A Word file whose text begins with this XML."""
    return changed(content, "word/document.xml", lambda old: old.replace(b"<w:body>", b"<w:body>" + xml.encode()))


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    made = io.BytesIO()
    save(made)
    return made.getvalue()
