"""The table of the ``eth_`` view: what clients of the EVM ask, answered by reads alone."""

from typing import Any, Final

from node.api import eth_following, eth_forms, eth_log_reads, eth_ots, eth_reads, eth_state_reads
from node.api.forms import Nothing
from node.api.jsonrpc import Method
from node.api.services import Services

_HASH: Final = "0x" + "00" * 32
_ADDRESS: Final = "0x" + "00" * 20
_LATEST: Final = {"block": "latest"}
_BY_HASH: Final = {"block": _HASH}
_OF_ACCOUNT: Final = {"address": _ADDRESS, "block": "latest"}
_WANTED: Final = {"filter": {"fromBlock": "0x0", "toBlock": "latest"}}
_FILTER: Final = {"filterId": "0x1"}
_PAGE: Final = {"address": _ADDRESS, "height": 0, "pageSize": 25}
_ONE: Final = {"transactionHash": _HASH}
_CALL: Final = {"first": {"to": _ADDRESS}, "second": "latest"}

_BLOCKS: Final[tuple[Method[Services, Any], ...]] = (
    Method("eth_blockNumber", Nothing, eth_reads.block_number, {}),
    Method(
        "eth_getBlockByNumber",
        eth_forms.NumberParams,
        eth_reads.get_block_by_number,
        {"block": "latest", "full": False},
        cost=2,
        whole_cost=20,
    ),
    Method(
        "eth_getBlockByHash",
        eth_forms.HashParams,
        eth_reads.get_block_by_hash,
        {"blockHash": _HASH, "full": False},
        cost=2,
        whole_cost=20,
    ),
    Method(
        "eth_getBlockTransactionCountByNumber",
        eth_forms.AnyBlockParams,
        eth_reads.get_transaction_count_of_block,
        _LATEST,
    ),
    Method(
        "eth_getBlockTransactionCountByHash",
        eth_forms.AnyBlockParams,
        eth_reads.get_transaction_count_of_block,
        _BY_HASH,
    ),
    Method(
        "eth_getUncleCountByBlockNumber",
        eth_forms.AnyBlockParams,
        eth_reads.get_uncle_count,
        _LATEST,
    ),
    Method(
        "eth_getUncleCountByBlockHash",
        eth_forms.AnyBlockParams,
        eth_reads.get_uncle_count,
        _BY_HASH,
    ),
    Method(
        "eth_getUncleByBlockNumberAndIndex",
        eth_forms.PlaceParams,
        eth_reads.get_uncle,
        {"block": "latest", "index": "0x0"},
    ),
    Method(
        "eth_getUncleByBlockHashAndIndex",
        eth_forms.PlaceParams,
        eth_reads.get_uncle,
        {"block": _HASH, "index": "0x0"},
    ),
    Method(
        "eth_getTransactionByHash",
        eth_forms.TransactionParams,
        eth_reads.get_transaction,
        {"transactionHash": _HASH},
    ),
    Method(
        "eth_getTransactionByBlockNumberAndIndex",
        eth_forms.PlaceParams,
        eth_reads.get_transaction_at,
        {"block": "latest", "index": "0x0"},
    ),
    Method(
        "eth_getTransactionByBlockHashAndIndex",
        eth_forms.PlaceParams,
        eth_reads.get_transaction_at,
        {"block": _HASH, "index": "0x0"},
    ),
    Method(
        "eth_getTransactionReceipt",
        eth_forms.TransactionParams,
        eth_reads.get_receipt,
        {"transactionHash": _HASH},
    ),
    Method(
        "eth_getBlockReceipts",
        eth_forms.AnyBlockParams,
        eth_reads.get_block_receipts,
        _LATEST,
        cost=20,
    ),
)

_LOGS: Final[tuple[Method[Services, Any], ...]] = (
    Method("eth_getLogs", eth_forms.FilterParams, eth_log_reads.get_logs, _WANTED, cost=20),
    Method("eth_newFilter", eth_forms.FilterParams, eth_log_reads.new_filter, _WANTED, cost=5),
    Method("eth_newBlockFilter", Nothing, eth_log_reads.new_block_filter, {}, cost=5),
    Method(
        "eth_newPendingTransactionFilter",
        Nothing,
        eth_log_reads.new_transaction_filter,
        {},
        cost=5,
    ),
    Method(
        "eth_getFilterChanges",
        eth_forms.FilterIdParams,
        eth_log_reads.get_filter_changes,
        _FILTER,
        cost=5,
    ),
    Method(
        "eth_getFilterLogs",
        eth_forms.FilterIdParams,
        eth_log_reads.get_filter_logs,
        _FILTER,
        cost=20,
    ),
    Method(
        "eth_uninstallFilter", eth_forms.FilterIdParams, eth_log_reads.uninstall_filter, _FILTER
    ),
)

_FOLLOWING: Final[tuple[Method[Services, Any], ...]] = (
    Method(
        "eth_subscribe",
        eth_following.SubscribeParams,
        eth_following.subscribe,
        {"topic": "logs", "filter": {"topics": []}},
        cost=5,
    ),
    Method(
        "eth_unsubscribe",
        eth_following.UnsubscribeParams,
        eth_following.unsubscribe,
        {"subscription": "0x1"},
    ),
)

_STATE: Final[tuple[Method[Services, Any], ...]] = (
    Method("eth_chainId", Nothing, eth_state_reads.chain_id, {}),
    Method("eth_syncing", Nothing, eth_state_reads.syncing, {}),
    Method("eth_accounts", Nothing, eth_state_reads.accounts, {}),
    Method("eth_gasPrice", Nothing, eth_state_reads.gas_price, {}),
    Method("eth_maxPriorityFeePerGas", Nothing, eth_state_reads.gas_price, {}),
    Method(
        "eth_feeHistory",
        eth_forms.FeeHistoryParams,
        eth_state_reads.fee_history,
        {"blockCount": "0x4", "newest": "latest", "percentiles": [25, 75]},
        cost=5,
    ),
    Method("eth_estimateGas", eth_forms.Anything, eth_state_reads.estimate_gas, _CALL),
    Method("eth_call", eth_forms.Anything, eth_state_reads.call, _CALL),
    Method("eth_getBalance", eth_forms.StateParams, eth_state_reads.get_balance, _OF_ACCOUNT),
    Method(
        "eth_getTransactionCount",
        eth_forms.StateParams,
        eth_state_reads.get_transaction_count,
        _OF_ACCOUNT,
    ),
    Method("eth_getCode", eth_forms.StateParams, eth_state_reads.get_code, _OF_ACCOUNT),
    Method(
        "eth_getStorageAt",
        eth_forms.StorageParams,
        eth_state_reads.get_storage,
        {"address": _ADDRESS, "slot": "0x0", "block": "latest"},
    ),
)

_NODE: Final[tuple[Method[Services, Any], ...]] = (
    Method("net_version", Nothing, eth_state_reads.network_version, {}),
    Method("net_listening", Nothing, eth_state_reads.is_listening, {}),
    Method("net_peerCount", Nothing, eth_state_reads.peer_count, {}),
    Method("web3_clientVersion", Nothing, eth_state_reads.client_version, {}),
    Method("web3_sha3", eth_forms.DataParams, eth_state_reads.sha3, {"data": "0x"}),
)

REFUSED: Final = (
    "eth_sendTransaction",
    "eth_sendRawTransaction",
    "eth_sign",
    "eth_signTransaction",
    "eth_signTypedData",
    "eth_signTypedData_v4",
    "personal_sign",
    "eth_getProof",
    "eth_createAccessList",
)
"""What signs, sends or proves as the EVM does."""

_OTTERSCAN: Final[tuple[Method[Services, Any], ...]] = (
    Method("erigon_getHeaderByNumber", eth_forms.AnyBlockParams, eth_ots.get_header, _LATEST),
    Method("ots_getApiLevel", Nothing, eth_ots.get_api_level, {}),
    Method(
        "ots_getBlockDetails",
        eth_forms.AnyBlockParams,
        eth_ots.get_block_details,
        {"block": 0},
        cost=2,
    ),
    Method(
        "ots_getBlockDetailsByHash",
        eth_forms.AnyBlockParams,
        eth_ots.get_block_details,
        _BY_HASH,
        cost=2,
    ),
    Method(
        "ots_getBlockTransactions",
        eth_forms.BlockPageParams,
        eth_ots.get_block_transactions,
        {"block": 0, "page": 0, "pageSize": 25},
        cost=10,
    ),
    Method(
        "ots_searchTransactionsBefore",
        eth_forms.AccountPageParams,
        eth_ots.search_before,
        _PAGE,
        cost=10,
    ),
    Method(
        "ots_searchTransactionsAfter",
        eth_forms.AccountPageParams,
        eth_ots.search_after,
        _PAGE,
        cost=10,
    ),
    Method(
        "ots_getTransactionBySenderAndNonce",
        eth_forms.SenderParams,
        eth_ots.get_by_sender_and_nonce,
        {"address": _ADDRESS, "nonce": 0},
        cost=10,
    ),
    Method("ots_hasCode", eth_forms.StateParams, eth_ots.has_code, _OF_ACCOUNT),
    Method(
        "ots_getInternalOperations", eth_forms.TransactionParams, eth_ots.get_no_operations, _ONE
    ),
    Method("ots_traceTransaction", eth_forms.TransactionParams, eth_ots.get_no_operations, _ONE),
    Method("ots_getTransactionError", eth_forms.TransactionParams, eth_ots.get_no_error, _ONE),
    Method(
        "ots_getContractCreator",
        eth_forms.StateParams,
        eth_ots.get_no_creator,
        {"address": _ADDRESS},
    ),
)

ETH_METHODS: Final[tuple[Method[Services, Any], ...]] = (
    *_BLOCKS,
    *_LOGS,
    *_FOLLOWING,
    *_STATE,
    *_OTTERSCAN,
    *_NODE,
    *(Method(name, eth_forms.Anything, eth_state_reads.refuse, {}) for name in REFUSED),
)
"""Every one."""
