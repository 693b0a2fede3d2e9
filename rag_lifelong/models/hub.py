"""Models of the Hugging Face hub: from the local cache, or downloaded when allowed."""

from importlib import import_module
from pathlib import Path
from typing import Any

from rag_lifelong.errors import ModelError

# Other frameworks' copies of the same weights.
_NOT_NEEDED = ["*.h5", "*.msgpack", "*.ot", "*.onnx", "onnx/*", "openvino/*", "*.gguf", "coreml/*"]


def snapshot(hub_id: str, *, allow_download: bool) -> Path:
    """The folder of a hub model, `owner/name`; contacts the hub only if downloading is allowed.

    Raises:
        ModelError: If it is not in the local cache, or cannot be downloaded.
    """
    # Half a second to import, and only a configured hub id needs it.
    hub: Any = import_module("huggingface_hub")
    errors: Any = import_module("huggingface_hub.errors")
    try:
        folder = hub.snapshot_download(
            hub_id, local_files_only=not allow_download, ignore_patterns=_NOT_NEEDED
        )
    except errors.LocalEntryNotFoundError as e:
        if allow_download:
            raise ModelError(
                f"cannot download {hub_id}: the hub does not answer",
                hint="check the network, or give the path of a folder that holds the model",
            ) from e
        raise ModelError(
            f"{hub_id} is not in the local hub cache, and downloading is not allowed",
            hint="set models.allow_download = true or pass --allow-download to fetch it, "
            "or give the path of a folder that holds it",
        ) from e
    except (errors.HfHubHTTPError, errors.HFValidationError, OSError) as e:
        raise ModelError(f"cannot get {hub_id} from the hub: {e}") from e
    return Path(folder)
