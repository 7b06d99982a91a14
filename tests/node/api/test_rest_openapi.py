# ruff: noqa: ANN401 -- documents are JSON

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from node.api.reasons import REASONS
from node.api.rest_calls import RestCall
from node.api.rest_forms import Asked
from node.api.rest_openapi import openapi_document
from node.api.rest_receipts import ReceiptItem
from node.api.rest_table import CALLS
from node.api.services import Services
from tests.support.market_chain import ACCEPTED, Market, a_market
from tests.support.rest_asking import CLIENT, MINER, answer_of, ask_rest

DOCUMENT = openapi_document(CALLS)

PATHS = {
    "/billing/account": f"?client={CLIENT}",
    "/billing/usage": f"?client={CLIENT}",
    "/billing/jobs/{job_id}": f"/first?client={CLIENT}",
    "/billing/keys": f"?client={CLIENT}",
    "/receipts": f"?provider={MINER}",
    "/receipts/{receipt}": f"/0x{ACCEPTED.hash.hex()}?include=proof,canonical",
    "/pricing": "",
    "/payouts": "",
    "/payouts/{period}": "/0?include=dump",
    "/payouts/{period}/{index}": "/0/0",
    "/audit/supply": "",
    "/audit/account": f"?address={MINER}&side=provider",
    "/openapi.json": "",
    "/problems": "",
    "/problems/{code}": "/receipt_not_found",
}
"""What is asked of each path that is read, so that it finds something."""


class Written(Asked):
    """What to write.

    Attributes:
        receipt: in the path.
        dry_run: in the query.
        amount: in the body.
        note: in the body, or nowhere.
    """

    receipt: str
    dry_run: bool = False
    amount: int = Field(ge=1)
    note: str | None = None


async def write(_: Services, __: Written) -> ReceiptItem:
    """Write something."""
    pytest.fail("nobody calls it")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with a_market(tmp_path_factory.mktemp("market")) as made:
        yield made


def check(content: Any, schema: Any) -> None:
    """Check that something is what a schema of the document says."""
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(content)


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_call_is_told_of() -> None:
    told = {(path, method) for path, method, _ in operations()}
    served = {(f"/v1{one.path}", one.method.lower()) for one in CALLS}
    assert told == served | {("/v1/stream", "get")}


def test_every_operation_has_its_own_name() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


def test_every_parameter_and_property_is_described() -> None:
    for path, _, operation in operations():
        for parameter in operation["parameters"]:
            assert parameter["description"] != parameter["name"], (path, parameter["name"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        if name != "Problem":
            undescribed = [
                key for key, one in schema["properties"].items() if "description" not in one
            ]
            assert not undescribed, (name, undescribed)


def test_document_is_served(market: Market) -> None:
    assert answer_of(market.services, "/v1/openapi.json") == DOCUMENT


@pytest.mark.parametrize(
    "call",
    [one for one in CALLS if one.path in PATHS and one.method == "GET"],
    ids=lambda one: one.path,
)
def test_answer_is_what_the_document_says(market: Market, call: RestCall[Any]) -> None:
    asked = f"/v1{call.path.partition('/{')[0]}{PATHS[call.path]}"
    answer = answer_of(market.services, asked)
    operation = DOCUMENT["paths"][f"/v1{call.path}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    check(answer, schema)
    assert answer.get("data", True), "an empty list shows nothing"


def test_every_path_that_is_read_is_asked() -> None:
    read = {one.path for one in CALLS if one.method == "GET"}
    assert read == set(PATHS)


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/receipts/none", "/v1/receipts?limit=0"])
def test_problem_is_what_the_document_says(market: Market, path: str) -> None:
    reply = ask_rest(market.services, path)
    assert reply.code in REASONS
    check(reply.content, {"$ref": "#/components/schemas/Problem"})


def test_call_that_writes_says_where_each_field_goes() -> None:
    call = RestCall(
        "/receipts/{receipt}",
        Written,
        write,
        ReceiptItem,
        method="POST",
        in_query=frozenset({"dry_run"}),
        is_idempotent=True,
        is_guarded=True,
        status=201,
    )
    operation = openapi_document([call])["paths"]["/v1/receipts/{receipt}"]["post"]
    places = [(one["in"], one["name"], one["required"]) for one in operation["parameters"]]
    assert places == [
        ("path", "receipt", True),
        ("query", "dry_run", False),
        ("header", "Idempotency-Key", True),
    ]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == ["amount", "note"]
    assert body["properties"]["note"] == {
        "type": "string",
        "description": "in the body, or nowhere.",
    }
    assert (body["required"], body["additionalProperties"]) == (["amount"], False)
    assert operation["security"] == [{"operator": []}]
    assert sorted(operation["responses"]) == ["201", "default"]
