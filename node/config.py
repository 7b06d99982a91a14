"""A node's settings: flags over environment over ``config.toml`` over defaults.

An environment variable is ``AITBC_`` and the setting's name, with two underscores between the
section and the name: ``AITBC_RPC__PORT=8545``.
"""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from chain.consensus.timing import Timing
from chain.errors import ConfigError
from node.home import Home
from node.rpc_url import URL_VARIABLE
from node.wallet_folder import FOLDER_VARIABLE

ENVIRONMENT_PREFIX = "AITBC_"

_OF_COMMANDS = frozenset({URL_VARIABLE, FOLDER_VARIABLE})
"""Variables that tell commands where to look; a node has no use for them."""

Port = Annotated[int, Field(ge=0, le=65_535)]
Rate = Annotated[int, Field(ge=0, le=1_000_000)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RpcSettings(_Section):
    """The JSON-RPC server.

    Attributes:
        enabled: whether this node answers JSON-RPC.
        host: address to listen on; beyond loopback, put a proxy in front.
        port: 0 takes a free one.
        allowed_hosts: names that a Host header may carry beside loopback ones.
        allowed_origins: web pages that may call, beside none.
        eth_compat: whether clients of Ethereum may read the chain in their own words.
        connections_max: open connections.
        metrics: whether ``/metrics`` is served.
        rate_per_s: cost of calls that one address may take a second; 0 for any. Most cost 1.
        rate_local_per_s: the same for all callers on this machine together.
        rate_key_per_s: the same for an API key, beside what its address may.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8545
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    eth_compat: bool = True
    connections_max: Annotated[int, Field(ge=1, le=65_536)] = 512
    metrics: bool = True
    rate_per_s: Rate = 100
    rate_local_per_s: Rate = 20_000
    rate_key_per_s: Rate = 100


class P2pSettings(_Section):
    """The libp2p host.

    Attributes:
        listen: multiaddress to listen on, such as ``/ip4/0.0.0.0/tcp/26656``.
        peers: multiaddresses, each ending in ``/p2p/`` and a peer id, to stay connected to.
        peers_max: connections at most.
    """

    listen: str = "/ip4/127.0.0.1/tcp/26656"
    peers: tuple[str, ...] = ()
    peers_max: Annotated[int, Field(ge=1, le=1_000)] = 100


class ConsensusSettings(_Section):
    """Waits of the agreement, in milliseconds; local to this node.

    Attributes:
        propose_ms: for a proposal in round 0.
        propose_step_ms: more in each later round.
        vote_ms: after a quorum has voted, for the votes to agree.
        vote_step_ms: more in each later round.
    """

    propose_ms: Annotated[int, Field(ge=10, le=60_000)] = 1_000
    propose_step_ms: Annotated[int, Field(ge=1, le=60_000)] = 500
    vote_ms: Annotated[int, Field(ge=10, le=60_000)] = 300
    vote_step_ms: Annotated[int, Field(ge=1, le=60_000)] = 200


class ValidatorSettings(_Section):
    """What a validator signs with, beside the key in its home.

    Attributes:
        signer: path of the Unix socket of ``aitbc signer serve``, which holds the key instead;
            none unless given.
        passphrase_file: a file that only its owner can read, with the passphrase of a home's key
            that is sealed; none unless given.
    """

    signer: Annotated[str, Field(max_length=100)] = ""
    passphrase_file: str = ""


class LogSettings(_Section):
    """What a node writes to its standard error.

    Attributes:
        level: the least important level written.
        form: ``text`` for people, ``json`` for machines.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["text", "json"] = "text"


class NodeSettings(BaseSettings):
    """All settings of one node; made from what it is given alone, see :func:`load_settings`.

    Attributes:
        name: what this node calls itself in logs.
        rpc: the JSON-RPC server.
        p2p: the libp2p host.
        consensus: the agreement's waits.
        validator: what it signs with.
        log: what is written.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = "node"
    rpc: RpcSettings = RpcSettings()
    p2p: P2pSettings = P2pSettings()
    consensus: ConsensusSettings = ConsensusSettings()
    validator: ValidatorSettings = ValidatorSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library names its arguments
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take nothing from the environment: only a node's start looks there."""
        return (init_settings,)

    def timing(self) -> Timing:
        """Return the waits in the form the engine takes."""
        return Timing(**self.consensus.model_dump())


def load_settings(home: Home, flags: dict[str, Any] | None = None) -> NodeSettings:
    """Read the settings of a home.

    Args:
        home: whose ``config.toml`` is read, if there is one.
        flags: what the command line says; wins over the rest.

    Raises:
        ConfigError: a setting is unknown or outside its bounds, names it; or the file cannot be
            read.
    """
    _check_environment()
    source = _settings_class(home.config)
    try:
        return NodeSettings.model_validate(source(**(flags or {})).model_dump())
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ascii(".".join(str(part) for part in fault["loc"]))[1:-1]
        unknown = fault["type"] == "extra_forbidden"
        said = "there is no such setting" if unknown else fault["msg"]
        detail = f"the setting {where}: {said} (looked in {home.config} and AITBC_…)"
        raise ConfigError(detail=detail) from None
    except SettingsError as error:
        section = "".join(re.findall(r'field "(\w+)"', str(error))).upper()
        detail = f"a variable {ENVIRONMENT_PREFIX}{section}… is not readable: lists are written "
        raise ConfigError(detail=detail + 'as ["one", "two"], sections not at all') from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(detail=f"{home.config} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(detail=f"cannot read {home.config}: {error.strerror}") from None


def _check_environment() -> None:
    """Refuse a variable that looks like a setting and is none: probably a slip of the finger.

    Raises:
        ConfigError: there is one; names it.
    """
    for variable in sorted(os.environ):
        if not variable.upper().startswith(ENVIRONMENT_PREFIX) or variable in _OF_COMMANDS:
            continue
        name = variable.lower().removeprefix(ENVIRONMENT_PREFIX.lower()).partition("__")[0]
        if name not in NodeSettings.model_fields:
            known = ", ".join(NodeSettings.model_fields)
            detail = f"{ascii(variable)[1:-1]} is no setting; AITBC_… goes on with one of {known}"
            raise ConfigError(detail=detail)


def _settings_class(path: Path) -> type[NodeSettings]:
    class FileSettings(NodeSettings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=path)
            return init_settings, env_settings, toml

    return FileSettings


def format_settings(settings: dict[str, dict[str, Any] | str]) -> str:
    """Return settings as the TOML of a ``config.toml``: names first, then sections.

    Args:
        settings: top-level strings, and sections of strings, integers, booleans and lists.
    """
    lines = [f"{key} = {_toml(value)}" for key, value in settings.items() if isinstance(value, str)]
    for section, values in settings.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]"]
            lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    assert isinstance(value, list | tuple)
    return "[" + ", ".join(_toml(item) for item in value) + "]"
