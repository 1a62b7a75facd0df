"""Placeholder until the PDF writer is written over this file."""


class NotConverted(Exception):
    pass


def available() -> bool:
    return False


def write(document, path, progress=None) -> None:
    raise NotConverted("尚未写成。")
