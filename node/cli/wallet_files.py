"""``aitbc wallet sign`` and ``verify``: signatures over files."""

from pathlib import Path

import click

from chain.primitives import Address
from node.cli.keys import FROM, open_key
from node.cli.options import ADDRESS, JSON
from node.cli.output import OUTPUT, write_output
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.cli.screen import print_json

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@FROM
@takes_passphrase
@OUTPUT
def sign(file: Path, source: str, passphrase: PassphraseSource, output: Path | None) -> None:
    """Sign FILE; the signature is a small document of its own.

    It can never pass for a transaction's: files are signed under a kind of their own.

    Example: aitbc wallet sign report.pdf --from alice --output report.pdf.sig
    """
    from node.signed_file import digest_of, sign_digest

    digest = digest_of(file)
    write_output(sign_digest(digest, open_key(source, passphrase)), output)


@click.command()
@click.argument("file", type=FILE)
@click.argument("signature", type=FILE)
@click.option("--by", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who must have signed it.")
@JSON
@click.pass_context
def verify(
    context: click.Context, file: Path, signature: Path, by: Address | None, *, as_json: bool
) -> None:
    """Check the SIGNATURE of FILE; ends with 1 where it does not hold.

    Example: aitbc wallet verify report.pdf report.pdf.sig --by ait1…
    """
    from chain.address import format_address
    from chain.errors import InvalidSignature
    from genesis.closed_json import read_file
    from node.signed_file import (
        SIGNATURE_FILE_BYTES_MAX,
        FileNotSigned,
        check_file_signature,
        digest_of,
    )

    document = read_file(signature, bytes_max=SIGNATURE_FILE_BYTES_MAX)
    signer, reason = None, None
    try:
        signer = check_file_signature(digest_of(file), document)
    except (FileNotSigned, InvalidSignature) as error:
        reason = str(error)
    if signer is not None and by is not None and signer != by:
        reason = f"it is signed by {format_address(signer)}, not by {format_address(by)}"
    if as_json:
        signed_by = None if signer is None else format_address(signer)
        print_json({"valid": reason is None, "address": signed_by, "reason": reason})
    elif signer is None or reason is not None:
        click.echo(f"NOT VALID: {reason}")
    else:
        click.echo(f"valid: signed by {format_address(signer)}")
    if reason is not None:
        context.exit(1)
