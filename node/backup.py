"""A node's chain in a folder that can be carried away, and put back into a home.

    chain.db         the database as it was at one moment
    genesis.json     the chain's document
    manifest.json    which chain, how high, and the size and SHA-256 of the database

A copy is made beside a running node. It has no key, and not what a validator has signed: a sign
log that goes back in time signs twice, so the one in the home stays or there is none. What is put
back is checked as at a node's start before the home has it; ``aitbc node verify`` decides every
block again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chain.errors import ConfigError, StoreError
from chain.genesis import Genesis
from chain.store.backup import Tell, write_backup
from chain.store.durable_file import sync_folder, write_file
from chain.store.queries import ChainReader
from chain.store.writer import ChainWriter
from genesis.closed_json import fill_form, parse_object, read_file
from genesis.document import read_genesis
from node.clock import now_ms
from node.documents import BACKUP_FORM, MANIFEST_BYTES_MAX, WORDS, BackupForm
from node.home import Home, HomeLock, is_file

CHUNK_BYTES = 4 * 1024 * 1024

_WHAT = "the backup's manifest"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        chain_id: of its chain.
        genesis_hash: 64 hexadecimal digits.
        height: of the last block.
        block_hash: of that block, 64 hexadecimal digits.
        made_at_ms: unix milliseconds.
        database_bytes: size of the database.
        database_sha256: 64 hexadecimal digits.
    """

    chain_id: str
    genesis_hash: str
    height: int
    block_hash: str
    made_at_ms: int
    database_bytes: int
    database_sha256: str


def make_backup(home: Home, folder: Path, *, tell: Tell = lambda *_: None) -> Manifest:
    """Copy the chain of a home, whether its node runs or not.

    Args:
        home: whose database is copied.
        folder: to make; it is there whole or not at all.
        tell: told of the bytes that are written.

    Raises:
        ConfigError: it is no home, has no database yet, or the folder is there or cannot be made.
        StoreError: the database or the disk failed.
    """
    home.check()
    genesis = read_genesis(home.genesis)
    if not is_file(home.database):
        raise ConfigError(detail=f"{home.root} has no database yet; start its node first")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        if folder.exists():
            raise ConfigError(detail=f"{folder} is there already; name a folder to make")
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise ConfigError(detail=f"cannot make {folder}: {error.strerror}") from None
    try:
        manifest = _fill(draft, home, genesis, tell)
        draft.rename(folder)
        sync_folder(folder.absolute().parent)
    except OSError as error:
        raise StoreError(detail=f"cannot write {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _fill(draft: Path, home: Home, genesis: Genesis, tell: Tell) -> Manifest:
    copy = draft / "chain.db"
    size_bytes = write_backup(home.database, copy, tell=tell)
    reader = ChainReader.open(copy)
    try:
        tip = reader.tip()
    finally:
        reader.close()
    _drop_traces(copy)
    digest = hashlib.sha256()
    for part in _parts(copy):
        digest.update(part)
    manifest = Manifest(
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash.hex(),
        height=tip.height,
        block_hash=tip.hash.hex(),
        made_at_ms=now_ms(),
        database_bytes=size_bytes,
        database_sha256=digest.hexdigest(),
    )
    write_file(draft / "genesis.json", home.genesis.read_bytes())
    document = {"form": BACKUP_FORM, "version": 1, **asdict(manifest)}
    write_file(draft / "manifest.json", json.dumps(document, indent=2).encode() + b"\n")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says of itself.

    Raises:
        ConfigError: it is no backup, or its manifest is not of the form.
    """
    path = folder / "manifest.json"
    if not is_file(path):
        raise ConfigError(detail=f"{folder} is no backup: it has no manifest.json")
    data = read_file(path, bytes_max=MANIFEST_BYTES_MAX)
    document = parse_object(data, what=_WHAT, bytes_max=MANIFEST_BYTES_MAX)
    form = fill_form(BackupForm, document, what=_WHAT, words=WORDS)
    return Manifest(**form.model_dump(exclude={"form", "version"}))


def restore_backup(
    home: Home,
    folder: Path,
    *,
    tell: Tell = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Put a backup into the home of a stopped node that has no database.

    Args:
        home: made for the same chain.
        folder: of the backup.
        tell: told of the bytes that are copied.
        say: told what is being done after that.

    Raises:
        ConfigError: there is no such backup or home, they are of two chains, the home has a
            database or its node runs, or the backup is not what its manifest says.
        StoreError: the database is damaged, or the disk failed.
    """
    manifest = read_manifest(folder)
    home.check()
    genesis = read_genesis(home.genesis)
    if genesis.hash.hex() != manifest.genesis_hash:
        detail = (
            f"{folder} is of the chain {manifest.chain_id} with the genesis hash "
            f"{manifest.genesis_hash}, {home.root} of {genesis.chain_id} with "
            f"{genesis.hash.hex()}: make a home for the backup's chain with 'aitbc node init'"
        )
        raise ConfigError(detail=detail)
    lock = HomeLock(home)
    try:
        _check_vacant(home)
        with _scratch(home) as fresh:
            _copy(folder / "chain.db", fresh, manifest, tell)
            say("checking the database")
            _check_chain(fresh, genesis, manifest)
            fresh.rename(home.database)
            sync_folder(home.database.parent)
    except OSError as error:
        raise StoreError(detail=f"cannot write {home.database}: {error.strerror}") from None
    finally:
        lock.release()
    return manifest


def _check_vacant(home: Home) -> None:
    """Check that nothing is overwritten; a log that lies there would be played into the new file.

    Raises:
        ConfigError: there is a database, or what is left of one.
    """
    for suffix in ("", "-wal", "-shm"):
        path = home.database.with_name(f"{home.database.name}{suffix}")
        if is_file(path):
            detail = f"{path} is there already; move the folder {path.parent} away first"
            raise ConfigError(detail=detail)


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """Give a place on the disk of the home's database."""
    home.database.parent.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=home.database.parent, prefix="restore-") as place:
        yield Path(place) / "chain.db"


def _copy(source: Path, target: Path, manifest: Manifest, tell: Tell) -> None:
    """Copy the database, which must be the one that the manifest means, and no more than that.

    Raises:
        ConfigError: it cannot be read, or is another.
        OSError: the copy cannot be written.
    """
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("xb") as file:
        target.chmod(0o600)
        for part in _parts(source):
            size_bytes += len(part)
            if size_bytes > manifest.database_bytes:
                break
            digest.update(part)
            file.write(part)
            tell(size_bytes, manifest.database_bytes)
        file.flush()
        os.fsync(file.fileno())
    if (size_bytes, digest.hexdigest()) != (manifest.database_bytes, manifest.database_sha256):
        detail = f"{source} is not the file that was backed up: its SHA-256 or size is another"
        raise ConfigError(detail=detail)


def _parts(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file.

    Raises:
        ConfigError: it cannot be read, or is none: a pipe is waited for, a device has no end.
    """
    if not is_file(path):
        raise ConfigError(detail=f"cannot read {path}: there is no such file")
    try:
        with path.open("rb") as file:
            while part := file.read(CHUNK_BYTES):
                yield part
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None


def _check_chain(path: Path, genesis: Genesis, manifest: Manifest) -> None:
    """Check the database as a node's start does.

    Raises:
        ConfigError: it does not end with the block that the manifest says.
        StoreError: it is damaged.
    """
    writer = ChainWriter.open(path, genesis)
    try:
        ledger = writer.load_ledger()
        writer.last_certificate()
    finally:
        writer.close()
    if (ledger.height, ledger.tip_hash.hex()) != (manifest.height, manifest.block_hash):
        detail = f"the backup ends with block {ledger.height}, not with the manifest's"
        raise ConfigError(detail=detail)


def _drop_traces(database: Path) -> None:
    """Remove what readers leave beside a database that is closed."""
    for suffix in ("-wal", "-shm"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
