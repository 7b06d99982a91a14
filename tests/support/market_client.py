"""A client process of a market run: writes its jobs down and takes each to its end.

It may be killed at any moment and started again with the same words: what is in its journal is
gone on with, what is not is begun.

    python -m tests.support.market_client KEY HOME URL CARDS SEED COUNT CLIENTS NUMBER THREADS
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chain.errors import AitbcError
from node.clock import pause
from node.keystore import read_key
from node.market.account import Account
from node.market.attempt import Left
from node.market.card import read_cards
from node.market.client import Client
from node.market.job_book import JobBook, JobState
from node.market.miners import Miners, NoMiner
from node.market.party import party_of_key
from tests.support.market_plan import PlannedJob, plan_jobs

AGAIN_S = 0.5
LEFT_MS = 120_000


def main(words: list[str]) -> int:
    """Do the jobs of one client; return 0 once all have ended."""
    key, home, url, cards = words[:4]
    seed, count, clients, number, threads = map(int, words[4:])
    party = party_of_key(read_key(Path(key)), url=url, home=Path(home))
    account = party.open_account()
    jobs = [one for one in plan_jobs(count, clients=clients, seed=seed) if one.client == number]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda one: _do(one, account, Path(cards)), jobs))
    return 0


def _do(planned: PlannedJob, account: Account, folder: Path) -> None:
    """Take a job to its end, whatever happens to miners and node meanwhile."""
    book = JobBook(account.journal)
    while True:
        try:
            # Miners that come back listen at another port, and say so in their cards.
            cards = read_cards(folder, genesis_hash=account.genesis_hash)
            client = Client(account, book, Miners(cards, account.key))
            if book.find(planned.name) is None:
                client.add(planned.terms, planned.input, job_id=planned.name)
            ended = client.finish(planned.name, timeout_ms=LEFT_MS)
        except NoMiner:
            sys.stdout.write(f"{planned.name} nobody\n")
            return
        except (Left, AitbcError) as error:
            sys.stdout.write(f"{planned.name} again: {error}\n")
            pause(AGAIN_S)
            continue
        assert ended.job.state is not JobState.OPEN
        sys.stdout.write(f"{planned.name} {ended.job.state}\n")
        sys.stdout.flush()
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
