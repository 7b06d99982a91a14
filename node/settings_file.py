"""Changing one setting of a ``config.toml``, and leaving its owner's words around it alone."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from chain.errors import ConfigError
from node.config import NodeSettings, load_settings
from node.home import Home


def list_settings(settings: NodeSettings) -> dict[str, Any]:
    """Return each setting by its dotted name, such as ``rpc.port``."""
    found: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            found[name] = value
    return found


def find_sources(home: Home) -> dict[str, str]:
    """Return where each setting of a home comes from: ``default``, ``config.toml`` or a variable.

    Raises:
        ConfigError: the settings cannot be read.
    """
    settings = load_settings(home)
    written = _read(home.config)
    sources = {}
    for name in list_settings(settings):
        variable = f"AITBC_{name.upper().replace('.', '__')}"
        section, _, inner = name.rpartition(".")
        table = written.get(section, {}) if section else written
        if variable in os.environ:
            sources[name] = variable
        else:
            sources[name] = home.config.name if inner in table else "default"
    return sources


def set_setting(home: Home, name: str, text: str) -> Any:  # noqa: ANN401 - of the setting's type
    """Write one setting, if the whole file is valid with it.

    Args:
        home: whose file it is.
        name: such as ``rpc.port``.
        text: as TOML writes it; what is no TOML is taken as a text.

    Returns:
        The setting as a node reads it.

    Raises:
        ConfigError: there is no such setting, it does not take this value, or the file cannot be
            written; it is as it was then.
    """
    if name not in list_settings(NodeSettings()):
        raise ConfigError(detail=f"there is no setting {name!a}; aitbc config show lists them")
    document = _read(home.config)
    section, _, inner = name.rpartition(".")
    if section and section not in document:
        document[section] = tomlkit.table()
    table: Any = document[section] if section else document
    table[inner] = _value(text)
    try:
        with TemporaryDirectory(prefix=".settings", dir=home.root) as folder:
            settings = _take(home, Home(Path(folder)), tomlkit.dumps(document))
    except OSError as error:
        raise ConfigError(detail=f"cannot write {home.config}: {error.strerror}") from None
    return list_settings(settings)[name]


def _take(home: Home, draft: Home, text: str) -> NodeSettings:
    """Put a text in the place of a home's settings, if a node could start with it.

    Raises:
        ConfigError: it could not.
        OSError: the text cannot be written.
    """
    draft.config.write_text(text, encoding="utf-8")
    try:
        settings = load_settings(draft)
    except ConfigError as error:
        said = error.detail.replace(str(draft.config), str(home.config))
        raise ConfigError(detail=said) from None
    draft.config.replace(home.config)
    return settings


def _read(path: Path) -> tomlkit.TOMLDocument:
    """Return the file with its comments; an empty one where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(detail=f"{path} is not valid TOML: {error}") from None


def _value(text: str) -> Any:  # noqa: ANN401 - TOML has several types
    try:
        return tomlkit.value(text)
    except TOMLKitError:
        return text
