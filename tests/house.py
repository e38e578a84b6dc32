"""The house in figures: ``python tests/house.py [CHECKOUT]``.

Lines, rooms, floors and circles (by import-linter's graph), lengths of functions, and how many
private functions are named once: what the structure is judged by, before a change and after it.
"""

import ast
import re
import statistics
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Tokens that are no code.
SILENT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def lines(folder: Path) -> int:
    """Lines of all Python files below a folder."""
    return sum(len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py"))


def lines_of_code(path: Path) -> set[int]:
    """Numbers of the lines that hold code: no comment, no docstring, not empty."""
    tree = ast.parse(path.read_text("utf-8"))
    texts = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    with open(path, "rb") as file:
        return {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in SILENT
            for line in range(token.start[0], token.end[0] + 1)
        } - texts


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and lines of code of every function and method of a file, its signature included."""
    code = lines_of_code(path)
    return [
        (node.name, len(code & set(range(node.lineno, node.end_lineno + 1))))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def graph(checkout: Path) -> tuple[int, int, int]:
    """Rooms (packages and files on the first floor), floors, and files that lie in a circle."""
    import grimp

    sys.path.insert(0, str(checkout))
    imports = grimp.build_graph("explorer", exclude_type_checking_imports=True, cache_dir=None)
    files = {name for name in imports.modules if name.rsplit(".")[-1] != "__main__"}
    room = {name: name.split(".")[1] for name in files if "." in name}
    rooms = {name: set() for name in room.values()}
    for name in room:
        rooms[room[name]] |= {
            room[other]
            for other in imports.find_modules_directly_imported_by(name)
            if room.get(other, room[name]) != room[name]
        }
    circles = [name for name in files if _reaches_itself(imports, name)]
    return len(rooms), _floors(rooms), len(circles)


def _reaches_itself(imports, name: str) -> bool:
    return any(
        name in imports.find_upstream_modules(other)
        for other in imports.find_modules_directly_imported_by(name)
    )


def _floors(below: dict[str, set[str]]) -> int:
    """Rooms stand one floor above the highest that they import; those of a circle on one floor."""
    floor = dict.fromkeys(below, 1)
    for _ in below:
        before = dict(floor)
        for name, others in below.items():
            apart = [o for o in others if name not in _all_below(below, o)]
            floor[name] = max([floor[o] + 1 for o in apart] + [floor[name]])
        if floor == before:
            break
    return max(floor.values())


def _all_below(below: dict[str, set[str]], name: str) -> set[str]:
    seen, waiting = set(), [name]
    while waiting:
        for other in below[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def main(checkout: Path) -> None:
    """Print the table."""
    core = sorted((checkout / "explorer").rglob("*.py"))
    found = [each for path in core for each in functions(path)]
    lengths = [length for _, length in found]
    named = Counter(re.findall(r"\w+", "\n".join(path.read_text("utf-8") for path in core)))
    private = [name for name, _ in found if name.startswith("_") and not name.startswith("__")]
    once = [name for name in private if named[name] <= 2]  # its definition and one use
    rooms, floors, circles = graph(checkout)
    longest = max(core, key=lambda path: len(path.read_text("utf-8").splitlines()))
    print(f"lines: explorer {lines(checkout / 'explorer'):,}, tests {lines(checkout / 'tests'):,}")
    print(f"rooms {rooms}, floors {floors}, files in a circle {circles}")
    print(
        f"files {len(core)}, the longest {longest.relative_to(checkout)} "
        f"({len(longest.read_text('utf-8').splitlines())} lines)"
    )
    print(
        f"functions {len(lengths):,}: median {statistics.median(lengths):g} lines of code, "
        f"95th percentile {statistics.quantiles(lengths, n=20)[-1]:.0f}"
    )
    print(
        f"private functions {len(private):,} ({len(private) / len(lengths):.0%}), "
        f"named once {len(once):,} ({len(once) / len(private):.0%} of them, "
        f"{len(once) / len(lengths):.0%} of all)"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
