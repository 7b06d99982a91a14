import pytest

from chain.errors import ConfigError
from node.recovery_phrase import account_path, derive_seed, make_phrase, seed_of_phrase
from tests.support.vectors import read_vector

ABOUT = "abandon " * 11 + "about"
TREZOR = (
    "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf1"
    "41630c7a3c4ab7c81b2f001698e7463b04"
)
"""The first vector of BIP-39: the words above with the passphrase TREZOR."""

MASTER = bytes(range(16))
CHAIN = {
    "m": "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
    "m/0'": "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
    "m/0'/1'": "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2",
}
"""The first steps of SLIP-0010's first vector for Ed25519."""


def test_first_vector_of_bip39_holds() -> None:
    assert seed_of_phrase(ABOUT, extra="TREZOR").hex() == TREZOR


def test_first_vector_of_slip10_holds() -> None:
    assert {path: derive_seed(MASTER, path).hex() for path in CHAIN} == CHAIN


def test_every_vector_of_bip39_holds() -> None:
    vectors = read_vector("bip39_vectors.json")["english"]
    assert len(vectors) == 24
    for _, phrase, seed, _ in vectors:
        assert seed_of_phrase(phrase, extra="TREZOR").hex() == seed


def test_every_vector_of_slip10_holds() -> None:
    vectors = read_vector("slip0010_ed25519.json")["vectors"]
    steps = [(bytes.fromhex(one["seed"]), step) for one in vectors for step in one["chains"]]
    assert len(steps) == 12
    for master, step in steps:
        assert derive_seed(master, step["path"]).hex() == step["private"]


def test_new_phrase_has_24_words_and_is_its_own() -> None:
    first, second = make_phrase(), make_phrase()
    assert len(first.split()) == 24
    assert first != second
    assert len(seed_of_phrase(first)) == 64


def test_case_and_spaces_do_not_matter() -> None:
    assert seed_of_phrase(f"  {ABOUT.upper()}\n") == seed_of_phrase(ABOUT)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("", "this one has 0"),
        ("abandon " * 11, "this one has 11"),
        ("abandon " * 12, "checksum is wrong"),
        ("abandon " * 10 + "about abandon", "checksum is wrong"),
        ("abandon " * 10 + "hunter2 about", "not on the list, at place 11"),
        ("hunter2 " * 500, "at place 1, 2, 3"),
    ],
)
def test_wrong_phrase_is_refused_and_never_repeated(phrase: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        seed_of_phrase(phrase)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "m/",
        "m/0",
        "0'",
        "m/0'/",
        "m/-1'",
        "m/00'",
        "m/2147483648'",
        "m/٣'",
        "m/0'\n",
        "m" + "/0'" * 17,
    ],
)
def test_what_is_no_hardened_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="a path looks like"):
        derive_seed(MASTER, path)


def test_accounts_have_their_own_keys() -> None:
    assert account_path(0) == "m/44'/20411'/0'/0'"
    keys = {derive_seed(MASTER, account_path(index)) for index in (0, 1, 2**31 - 1)}
    assert len(keys) == 3
