"""What source code a module imports, itself and through what it imports."""

import ast
from collections.abc import Iterator
from pathlib import Path


def imported(module: str, root: Path, *, apart_from: str = "") -> set[str]:
    """Files of a module and of all that it imports, relative to where the source code lies.

    With them the words in files of languages beside them. Nothing is run for it, so what is only
    imported by a computed name is not seen. Other packages than those that lie there are left out.

    Args:
        module: Its full name.
        root: Where the source code lies.
        apart_from: A package that is left out, and not looked through.
    """
    found: set[Path] = set()
    ahead = [module]
    while ahead:
        name = ahead.pop()
        file = _file(name, root)
        is_apart = bool(apart_from) and f"{name}.".startswith(f"{apart_from}.")
        if file is None or is_apart or file in found:
            continue
        found.add(file)
        ahead += _named_in(file)
    words = {one for file in found for one in file.parent.glob("languages/*.toml")}
    return {file.relative_to(root).as_posix() for file in found | words}


def _file(module: str, root: Path) -> Path | None:
    place = root.joinpath(*module.split("."))
    return next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)


def _named_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # What is imported from a package may be a module of it.
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
