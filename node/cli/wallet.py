"""``aitbc wallet``: keys under a passphrase, made, brought in, listed, shown and taken out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain.errors import ConfigError
from chain.primitives import Address
from node.cli.options import ADDRESS, JSON
from node.cli.output import OUTPUT, write_output
from node.cli.passphrases import PassphraseSource, read_secret, takes_passphrase
from node.cli.screen import print_fields, print_json, print_table
from node.cli.wallet_files import sign, verify

if TYPE_CHECKING:
    from node.wallets import Wallet, Wallets

DEVNET = click.option(
    "--devnet", is_flag=True, help="Open faster, guard less: for keys that hold no money."
)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
INDEX = click.option(
    "--index",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Which of the phrase's keys.",
)


@click.group()
def wallet() -> None:
    """Keep keys, sign with them, and check signatures."""


wallet.add_command(sign)
wallet.add_command(verify)


# Coming in.


@wallet.command()
@click.argument("name")
@INDEX
@DEVNET
@takes_passphrase
@JSON
def new(
    name: str, index: int, *, devnet: bool, passphrase: PassphraseSource, as_json: bool
) -> None:
    """Make a key, and show once the words from which it can be made again.

    The words go to standard error, so that no pipe and no file takes them in by chance.

    Example: aitbc wallet new alice
    """
    from node.recovery_phrase import account_path, derive_seed, make_phrase, seed_of_phrase

    folder = _folder()
    folder.check_free(name)
    phrase = make_phrase()
    seed = derive_seed(seed_of_phrase(phrase), account_path(index))
    made = _add(folder, name, seed, passphrase, devnet=devnet)
    click.echo("Write these words down; whoever has them has the money:\n", err=True)
    words = phrase.split()
    for start in range(0, len(words), 6):
        line = "  ".join(f"{i + 1:>2} {words[i]:<8}" for i in range(start, start + 6))
        click.echo(f"  {line.rstrip()}", err=True)
    click.echo(f"\nThey are kept nowhere. Path {account_path(index)}.", err=True)
    _show(made, as_json=as_json)


@wallet.command(name="import")
@click.argument("name")
@click.option("--phrase", is_flag=True, help="Read a recovery phrase, by prompt or from a pipe.")
@click.option("--hex", "digits", is_flag=True, help="Read 64 hexadecimal digits likewise.")
@click.option("--keystore", type=FILE, help="Take over a sealed key, with its passphrase.")
@INDEX
@DEVNET
@takes_passphrase
@JSON
def import_(  # noqa: PLR0913 - one option each
    name: str,
    *,
    phrase: bool,
    digits: bool,
    keystore: Path | None,
    index: int,
    devnet: bool,
    passphrase: PassphraseSource,
    as_json: bool,
) -> None:
    """Bring in a key: from a recovery phrase, from its digits, or sealed as it is.

    A phrase or digits are typed unseen, or come through a pipe; they are never an argument.

    Example: aitbc wallet import alice --phrase
    """
    from node.recovery_phrase import account_path, derive_seed, seed_of_phrase

    if phrase + digits + (keystore is not None) != 1:
        raise ConfigError(detail="say what to bring in: --phrase, --hex or --keystore FILE")
    folder = _folder()
    folder.check_free(name)
    if keystore is not None:
        _show(_take_sealed(folder, name, keystore, passphrase), as_json=as_json)
        return
    if phrase:
        seed = derive_seed(seed_of_phrase(read_secret("recovery phrase")), account_path(index))
    else:
        seed = _seed_of_digits(read_secret("key, 64 hexadecimal digits"))
    _show(_add(folder, name, seed, passphrase, devnet=devnet), as_json=as_json)


def _take_sealed(
    folder: "Wallets", name: str, keystore: Path, passphrase: PassphraseSource
) -> "Wallet":
    """Keep a sealed key as it is, once its passphrase has opened it."""
    from genesis.closed_json import read_file
    from node.sealed_key import SEALED_BYTES_MAX, SealedKey

    data = read_file(keystore, bytes_max=SEALED_BYTES_MAX)
    SealedKey.read(data).open(passphrase.get(str(keystore)))
    return folder.add(name, data)


def _seed_of_digits(text: str) -> bytes:
    from node.keystore import parse_seed

    seed = parse_seed(text.strip().removeprefix("0x").encode(errors="replace"))
    if seed is None:
        raise ConfigError(detail="that is no key: it is not 64 hexadecimal digits")
    return seed


# Looking.


@wallet.command(name="list")
@JSON
def list_(*, as_json: bool) -> None:
    """List the wallets and their addresses; asks for no passphrase.

    Example: aitbc wallet list
    """
    folder = _folder()
    names = folder.names()
    wallets = [folder.get(name) for name in names]
    if as_json:
        print_json([_shape(one) for one in wallets])
    elif wallets:
        print_table(("name", "address"), [(one.name, one.sealed.form.address) for one in wallets])
    else:
        click.echo(f"no wallet in {folder.folder}; make one with aitbc wallet new NAME", err=True)


@wallet.command()
@click.argument("name")
@JSON
def show(name: str, *, as_json: bool) -> None:
    """Show a wallet's address and public key; asks for no passphrase.

    Example: aitbc wallet show alice
    """
    _show(_folder().get(name), as_json=as_json)


@wallet.command()
@click.argument("address", type=ADDRESS, metavar="ADDRESS|WALLET")
@JSON
def address(address: Address, *, as_json: bool) -> None:
    """Show an address in both spellings, ait1… and 0x….

    Example: aitbc wallet address 0x0000000000000000000000000000000000000001
    """
    from chain.address import format_address, format_hex_address

    both = {"address": format_address(address), "address0x": format_hex_address(address)}
    if as_json:
        print_json(both)
    else:
        click.echo(f"{both['address']}\n{both['address0x']}")


# Going out.


@wallet.command()
@click.argument("name")
@click.option("--seed", is_flag=True, help="Not sealed: needs --output, and the passphrase.")
@takes_passphrase
@OUTPUT
def export(name: str, *, seed: bool, passphrase: PassphraseSource, output: Path | None) -> None:
    """Write a wallet's sealed key, or with --seed the key itself into a private file.

    The file of --seed is what a validator or a miner runs with. Nothing unsealed is ever printed.

    Example: aitbc wallet export alice --output alice.json
    """
    kept = _folder().get(name)
    if not seed:
        _write_sealed(kept.path.read_bytes(), output)
        return
    if output is None:
        raise ConfigError(detail="a key that is not sealed goes into a file: add --output FILE")
    from node.keystore import write_key

    opened = kept.sealed.open_seed(passphrase.get(f"wallet {name}"))
    write_key(output, opened)
    click.echo(
        f"the key is in {output}, not sealed: keep the file as you would keep cash", err=True
    )


def _write_sealed(data: bytes, output: Path | None) -> None:
    """Write a sealed key, closed to others as every key file is."""
    if output is None:
        write_output(data, None)
        return
    from node.private_file import write_private

    write_private(output, data)


def _folder() -> "Wallets":
    from node.wallet_folder import default_folder
    from node.wallets import Wallets

    return Wallets(default_folder())


def _add(
    folder: "Wallets", name: str, seed: bytes, passphrase: PassphraseSource, *, devnet: bool
) -> "Wallet":
    from node.sealed_key import Cost, seal

    chosen = passphrase.choose(f"wallet {name}")
    return folder.add(name, seal(seed, chosen, cost=Cost.DEVNET if devnet else Cost.MONEY))


def _shape(shown: "Wallet") -> dict[str, object]:
    from chain.address import format_hex_address

    return {
        "name": shown.name,
        "address": shown.sealed.form.address,
        "address0x": format_hex_address(shown.sealed.address),
        "publicKey": f"0x{shown.sealed.form.public_key}",
        "file": str(shown.path),
    }


def _show(shown: "Wallet", *, as_json: bool) -> None:
    shape = _shape(shown)
    if as_json:
        print_json(shape)
        return
    words = {"address0x": "", "publicKey": "public key"}
    print_fields((words.get(name, name), value) for name, value in shape.items())
