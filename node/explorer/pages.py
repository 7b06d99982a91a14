"""The table of every page: to add one, add its template, its function and a line here."""

from node.explorer import (
    account_pages,
    chain_pages,
    market_pages,
    node_pages,
    receipt_pages,
    reference_page,
    search,
)
from node.explorer.site import Page

_HASH = "0x" + "00" * 32
_ADDRESS = "0x" + "00" * 20

PAGES: tuple[Page, ...] = (
    Page("/", market_pages.home, "/"),
    Page("/blocks", chain_pages.blocks, "/blocks"),
    Page("/block/{block}", chain_pages.block, "/block/0"),
    Page("/txs", chain_pages.transactions, "/txs"),
    Page("/tx/{id}", chain_pages.transaction, f"/tx/{_HASH}"),
    Page("/receipts", receipt_pages.receipts, "/receipts"),
    Page("/receipt/{receipt}", receipt_pages.receipt, f"/receipt/{_HASH}"),
    Page("/receipt/{receipt}/proof", receipt_pages.proof, f"/receipt/{_HASH}/proof"),
    Page("/accounts", account_pages.accounts, "/accounts"),
    Page("/account/{address}", account_pages.account, f"/account/{_ADDRESS}"),
    Page("/reservations", account_pages.reservations, "/reservations"),
    Page("/reservation/{id}", account_pages.reservation, f"/reservation/{_HASH}"),
    Page("/job/{client}/{job}", account_pages.job, f"/job/{_ADDRESS}/none"),
    Page("/miners", market_pages.miners, "/miners"),
    Page("/validators", node_pages.validators, "/validators"),
    Page("/validator/{key}", node_pages.validator, f"/validator/{_HASH}"),
    Page("/network", node_pages.network, "/network"),
    Page("/mempool", node_pages.mempool, "/mempool"),
    Page("/params", node_pages.parameters, "/params"),
    Page("/genesis", node_pages.genesis, "/genesis"),
    Page("/genesis.json", node_pages.genesis_file, "/genesis.json"),
    Page("/api", reference_page.reference, "/api"),
    Page("/faucet", market_pages.faucet, "/faucet"),
    Page("/faucet", market_pages.pay_out, "/faucet", method="POST"),
    Page("/search", search.search, "/search?q=0"),
    Page("/search/suggest", search.suggest, "/search/suggest?q=000"),
)
