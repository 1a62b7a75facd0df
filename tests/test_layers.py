"""Imports run one way: reports → scoring → submissions → units → trail; portal takes all, nobody takes portal."""

import ast
from pathlib import Path

LAYERS = ["trail", "units", "submissions", "scoring", "reports", "portal"]
ROOT = Path(__file__).resolve().parent.parent


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def upward(layer: str, names: set[str]) -> set[str]:
    return names & set(LAYERS[LAYERS.index(layer) + 1 :])


def test_no_room_imports_one_above_it():
    wrong = {
        f"{path.relative_to(ROOT)}: {', '.join(sorted(found))}"
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*.py")
        if "tests" not in path.parts and (found := upward(layer, imported(path)))
    }
    assert not wrong


def test_an_import_upward_is_noticed():
    assert upward("units", {"submissions", "trail", "django"}) == {"submissions"}


def test_the_counting_function_knows_no_django():
    assert imported(ROOT / "scoring" / "counting.py") <= {"datetime", "bisect", "collections", "typing", "submissions"}
    assert "django" not in imported(ROOT / "submissions" / "exact.py")
