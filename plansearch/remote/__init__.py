"""An index past one machine: kept in Milvus, and written there batch by batch."""

from __future__ import annotations

from plansearch.remote.opening import RemoteIndex
from plansearch.remote.writing import build_remote, build_remote_from
from plansearch.store.milvus import StoreAddress

__all__ = ["RemoteIndex", "StoreAddress", "build_remote", "build_remote_from"]
