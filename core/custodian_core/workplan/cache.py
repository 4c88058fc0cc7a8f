"""What was read once is not read again: readings by blob id and path."""

from collections import OrderedDict

from custodian_core.blob import blob_id

from .model import Reading
from .read import read


class Readings:
    """The last `size` readings; readings are frozen, so all callers may share them."""

    def __init__(self, size: int = 4096) -> None:
        self.size = size
        self._kept: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def read(self, data: bytes, path: str, blob: str | None = None) -> Reading:
        """The reading of `data`; `blob` is its id where the caller knows it."""
        key = (blob or blob_id(data), path)
        reading = self.seen(*key)
        if reading is None:
            reading = self._kept[key] = read(data, path)
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return reading

    def seen(self, blob: str, path: str) -> Reading | None:
        """The reading of that blob at that path, if it was read before: no bytes are needed."""
        reading = self._kept.get((blob, path))
        if reading is not None:
            self._kept.move_to_end((blob, path))
        return reading
