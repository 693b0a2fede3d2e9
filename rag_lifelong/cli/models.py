"""`rag-lifelong models`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.filesize import decimal
from rich.markup import escape

from rag_lifelong.cli import options
from rag_lifelong.cli.console import err, out

if TYPE_CHECKING:
    from rag_lifelong.config import Config
    from rag_lifelong.models import ModelInfo, Role

app = typer.Typer(help="Show, check and find the models.", no_args_is_help=True)

AllowDownload = Annotated[
    bool, typer.Option("--allow-download", help="Fetch a configured hub id if it is not here.")
]


@app.command("list")
def list_(config: options.ConfigFile = None, as_json: options.Json = False) -> None:
    """Show which models are used, where they come from and whether they are there.

    **Example**

    `rag-lifelong models list`
    """
    from rag_lifelong.config import load_config
    from rag_lifelong.models import list_models

    settings = load_config(config)
    infos = list_models(_configured(settings), cache_dir=settings.models.cache_dir)
    if as_json:
        options.print_json({"models": [_json(info) for info in infos]})
        return
    for info in infos:
        _print(info)


@app.command("verify")
def verify_(
    config: options.ConfigFile = None,
    as_json: options.Json = False,
) -> None:
    """Check every model's weights against their pinned sha256.

    **Example**

    `rag-lifelong models verify`
    """
    from rag_lifelong.config import load_config
    from rag_lifelong.models import verify

    settings = load_config(config)
    infos = []
    for role, name in _configured(settings).items():
        with err.status(f"checking the {role} …"):
            infos.append(verify(role, name, cache_dir=settings.models.cache_dir))
    if as_json:
        options.print_json({"models": [_json(info) for info in infos]})
        return
    for info in infos:
        _print(info)


@app.command("path")
def path(
    role: Annotated[Literal["embedder", "reader", "reranker"], typer.Argument(help="Which model.")],
    config: options.ConfigFile = None,
    allow_download: AllowDownload = False,
) -> None:
    """Print the path of a model's file or folder, made ready for use.

    **Examples**

    `rag-lifelong models path reader`

    `rag-lifelong models path embedder --allow-download`
    """
    from rag_lifelong.config import load_config
    from rag_lifelong.models import Role, locate

    settings = load_config(config)
    with err.status(f"finding the {role} …"):
        found = locate(
            Role(role),
            _configured(settings).get(Role(role)),
            cache_dir=settings.models.cache_dir,
            allow_download=allow_download or settings.models.allow_download,
        )
    out.print(str(found.path), markup=False)


def _configured(settings: "Config") -> "dict[Role, str | None]":
    from rag_lifelong.models import Role

    models = {Role.EMBEDDER: settings.embedder.model, Role.READER: settings.reader.model}
    reranker = settings.retrieval.reranker
    return models if reranker is None else {**models, Role.RERANKER: reranker}


def _print(info: "ModelInfo") -> None:
    size = "" if info.n_bytes is None else decimal(info.n_bytes)
    out.print(f"[bold]{info.role:9}[/bold] {escape(info.name)}  [cyan]{info.status}[/cyan]")
    out.print(f"          from {escape(info.source)}  {size}  {escape(info.licence or '')}")
    if info.path:
        out.print(f"          {escape(str(info.path))}")
    if info.problem:
        out.print(f"          [yellow]{escape(info.problem)}[/yellow]")


def _json(info: "ModelInfo") -> dict[str, Any]:
    return {
        "role": info.role.value,
        "name": info.name,
        "origin": info.origin.value,
        "source": info.source,
        "path": None if info.path is None else str(info.path),
        "bytes": info.n_bytes,
        "licence": info.licence,
        "sha256": info.sha256,
        "status": info.status.value,
        "problem": info.problem or None,
    }
