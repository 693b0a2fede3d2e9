"""How much of the encoder's speed ingestion keeps, and whether its memory grows with the dump.

    python benchmarks/ingest.py speed  DUMP       end to end against the raw encoder, same texts
    python benchmarks/ingest.py memory DUMP       peak memory for the dump once, twice, four times
    python benchmarks/ingest.py again  PATH       first run, unchanged run, one file changed
    python benchmarks/ingest.py ask    STORE ...  time to retrieve, to first token, to answer

DUMP defaults to the English sample under RAG_LIFELONG_DATA. Each measurement runs in a process of
its own; the two sides of `speed` take turns, so that a noisy machine hurts both. Prints JSON.
"""

import argparse
import bz2
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# This script has the name of a package, which its own folder on the path would hide.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]

from indexes import schema
from indexes.writer import StoreWriter
from ingest.chunking import split
from ingest.pipeline import IngestReport, ingest
from ingest.sources.wikipedia import WikipediaSource
from rag_lifelong.config import load_config
from rag_lifelong.ports import ChunkedDocument
from rag_lifelong.system import System
from rag_lifelong.testing import HashingEmbedder

SAMPLE = "wikidumps/gensim_enwiki-latest-pages-articles1-shortened.xml.bz2"
ENCODER_BATCHES = (8, 16, 32, 64)
N_PROBES = 192


def main() -> None:
    """Run the measurement named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "memory", "again", "ask", *WORKERS])
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    if given.what in WORKERS:
        result = WORKERS[given.what](*given.arguments)
    else:
        result = {"speed": speed, "memory": memory, "again": again, "ask": ask}[given.what](
            *(given.arguments or ([] if given.what == "ask" else [default_dump()]))
        )
    print(json.dumps(result, indent=None if given.what in WORKERS else 2))


def default_dump() -> str:
    """The English sample of the data that RAG_LIFELONG_DATA names."""
    return str(Path(os.environ["RAG_LIFELONG_DATA"]) / SAMPLE)


def speed(dump: str, share: str = "6", measured: str = "3") -> dict[str, Any]:
    """Chunks per second of ingestion over those of the bare encoder at its best settings.

    The encoder is sentence-transformers at its best batch size, and the project's own on all texts
    at once, which sorts them better. The dump is cut into `share` parts by page and the first
    `measured` are used; after each is ingested, the encoders embed the very texts of it, so that
    all see the same machine.
    """
    ratios, own, ingested, encoded = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        best = run("probe", dump)
        parts = list(cut(Path(dump), int(share), Path(folder)))[: int(measured)]
        for number, part in enumerate(parts):
            store = f"{folder}/store-{number}"
            ours = run("line", str(part), store)
            raw = run("encoder", store, str(best["batch"]), best["dtype"])
            ingested.append(ours["chunks"] / ours["seconds"])
            encoded.append(raw["chunks"] / raw["seconds"])
            ratios.append(ingested[-1] / encoded[-1])
            bare = run("embedder", store)
            own.append(ingested[-1] / (bare["chunks"] / bare["seconds"]))
            print(f"part {number}: {ours} {raw} {bare}", file=sys.stderr)
    return {
        "encoder": best,
        "ingest_chunks_per_s": round(statistics.median(ingested), 1),
        "encoder_chunks_per_s": round(statistics.median(encoded), 1),
        "ratio_median": round(statistics.median(ratios), 3),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
        "ratio_to_own_embedder_median": round(statistics.median(own), 3),
    }


def memory(dump: str) -> dict[str, Any]:
    """Peak memory in MiB of parse, split and store, with an encoder that takes none of its own."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 2, 4):
            longer = repeat(Path(dump), times, Path(folder) / f"{times}.xml.bz2")
            peaks[f"x{times}"] = run("footprint", str(longer), f"{folder}/store-{times}")
    return peaks


def again(path: str) -> dict[str, Any]:
    """Seconds of a first ingest, of one with nothing changed, and of one with a file changed."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        if Path(path).is_dir():
            shutil.copytree(path, source)
        else:
            source = Path(shutil.copy(path, folder))
        runs = {"first": cli_ingest(source, folder), "unchanged": cli_ingest(source, folder)}
        if source.is_dir():
            longest = max(source.rglob("*.md"), key=lambda file: file.stat().st_size)
            longest.write_text(longest.read_text(encoding="utf-8") + "\n\nOne more line.\n")
            runs["one_file_changed"] = cli_ingest(source, folder)
    share = runs["unchanged"]["wall_s"] / runs["first"]["wall_s"]
    return {**runs, "unchanged_share": round(share, 4)}


def ask(store: str, *questions: str) -> dict[str, Any]:
    """Timings of questions in one process: the first with models loading, the rest warm."""
    system = System(load_config(flags={"store": store}))
    timings = []
    for question in questions:
        started = time.perf_counter()
        given = system.ask(question)
        timings.append(
            {**given.timings_s, "wall": time.perf_counter() - started, "answer": given.text}
        )
    return {"first": timings[0], "warm": timings[1:]}


def probe(dump: str) -> dict[str, Any]:
    """The batch size and number format with which the bare encoder is fastest here."""
    system = System(load_config(flags={"store": "unused"}))
    source = WikipediaSource(Path(dump))
    texts: list[str] = []
    with tempfile.TemporaryDirectory() as folder, StoreWriter(Path(folder), now=now) as writer:
        for item in source.scan(writer):
            body = getattr(item, "text", "")
            texts += [body[i : i + 450] for i in range(0, len(body), 450)]
            if len(texts) >= N_PROBES:
                break
    dtype = system._models.embedder(None).model.dtype
    rates = {}
    for batch in ENCODER_BATCHES:
        model = sentence_transformer(dtype)
        model.encode(texts[:16], batch_size=batch)
        started = time.perf_counter()
        model.encode(texts[:N_PROBES], batch_size=batch)
        rates[batch] = round(N_PROBES / (time.perf_counter() - started), 1)
    return {"batch": max(rates, key=lambda b: rates[b]), "dtype": dtype, "probed": rates}


def line(dump: str, store: str) -> dict[str, Any]:
    """Ingest with the real embedder; seconds include parsing, splitting, storing, not loading."""
    system = System(load_config(flags={"store": store}))
    system._models.embedder(None).embed(["warm up"])
    report = system.ingest([Path(dump)])
    return {"chunks": report.chunks_embedded, "seconds": round(report.seconds, 2)}


def encoder(store: str, batch: str, dtype: str) -> dict[str, Any]:
    """Embed a store's texts with sentence-transformers itself."""
    db = schema.connect(Path(store) / schema.DATABASE, write=False)
    texts = [
        f"{context}\n{text}" for context, text in db.execute("SELECT context, text FROM texts")
    ]
    model = sentence_transformer(dtype)
    model.encode(texts[:16], batch_size=int(batch))
    started = time.perf_counter()
    model.encode(texts, batch_size=int(batch), normalize_embeddings=True)
    return {"chunks": len(texts), "seconds": round(time.perf_counter() - started, 2)}


def embedder(store: str) -> dict[str, Any]:
    """Embed a store's texts with the project's own embedder, all at once."""
    db = schema.connect(Path(store) / schema.DATABASE, write=False)
    texts = [
        f"{context}\n{text}" for context, text in db.execute("SELECT context, text FROM texts")
    ]
    model = System(load_config(flags={"store": store}))._models.embedder(None)
    model.embed(["warm up"])
    started = time.perf_counter()
    model.embed(texts)
    return {"chunks": len(texts), "seconds": round(time.perf_counter() - started, 2)}


def footprint(dump: str, store: str) -> dict[str, Any]:
    """Ingest with a fake embedder; peak resident memory of this process."""
    report = IngestReport()
    embedder = HashingEmbedder(dim=384)
    with StoreWriter(Path(store), now=now) as writer:
        source = WikipediaSource(Path(dump))
        ingest(
            source,
            writer,
            lambda: embedder,
            report,
            cut=lambda document: ChunkedDocument(document, tuple(split(document))),
            progress=lambda _: embedder.embedded.clear(),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"documents": report.added, "chunks": report.chunks_embedded, "peak_mib": peak // 1024}


WORKERS = {
    "probe": probe,
    "line": line,
    "encoder": encoder,
    "embedder": embedder,
    "footprint": footprint,
}


def run(worker: str, *arguments: str) -> dict[str, Any]:
    """Run a worker in a process of its own."""
    command = [sys.executable, __file__, worker, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def cli_ingest(source: Path, folder: str) -> dict[str, Any]:
    """`rag-lifelong ingest --json` as a user runs it, with its wall time."""
    command = [sys.executable, "-m", "rag_lifelong", "ingest", str(source), "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--store", f"{folder}/store"], check=True, stdout=subprocess.PIPE, text=True
    )
    report = json.loads(done.stdout)
    report["skipped"] = len(report["skipped"])
    return {"wall_s": round(time.perf_counter() - started, 3), **report}


def sentence_transformer(dtype: str) -> Any:
    """The default embedder's weights in sentence-transformers, as its users load them."""
    import torch
    from sentence_transformers import SentenceTransformer

    from rag_lifelong.models import Role, locate

    path = locate(Role.EMBEDDER, None).path
    settings = {"torch_dtype": getattr(torch, dtype)}
    return SentenceTransformer(str(path), device="cpu", model_kwargs=settings)


def pages_of(dump: Path) -> tuple[str, list[str], str]:
    """Head, pages and tail of a small dump."""
    data = dump.read_bytes()
    text = (bz2.decompress(data) if dump.suffix == ".bz2" else data).decode()
    head, _, rest = text.partition("<page>")
    body, _, tail = rest.rpartition("</page>")
    return head, ("<page>" + body + "</page>").split("</page>")[:-1], tail


def cut(dump: Path, parts: int, folder: Path) -> Iterator[Path]:
    """Dumps that share out the pages of one."""
    head, pages, tail = pages_of(dump)
    for number in range(parts):
        path = folder / f"part-{number}.xml"
        path.write_text(head + "".join(page + "</page>" for page in pages[number::parts]) + tail)
        yield path


def repeat(dump: Path, times: int, path: Path) -> Path:
    """A dump that holds the pages `times` over, each time under other ids and with other words."""
    head, pages, tail = pages_of(dump)
    with bz2.open(path, "wt", encoding="utf-8") as file:
        file.write(head)
        for copy in range(times):
            for page in pages:
                moved = re.sub(r"<id>(\d+)</id>", rf"<id>{copy + 1}00\1</id>", page)
                file.write(re.sub(r"\bthe\b", f"the{copy or ''}", moved) + "</page>")
        file.write(tail)
    return path


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
