"""How claims wait and reservations end, as tables."""

from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: any provider is paid only when the client accepts
  account  client 1000    account miner 0
  reserve  Z by client for any cap 300 -> InvalidPayload
  reserve  R by client for any cap 300 window 10
  receipt  C in R price 300
  claim    C by miner -> ClaimNotAllowed
  claim    C by miner accepted miner -> ClaimNotAllowed
  claim    C by miner accepted client
  balance  miner 300    balance client 700

scenario: an acceptance pays at once in spite of a window
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner accepted eve -> ClaimNotAllowed
  claim    C by miner accepted client
  balance  miner 200    pending R 0    left R 100

scenario: a window pays at the end of exactly its block
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 5
  receipt  C in R price 200
  claim    C by miner
  height   2    pending R 200    balance miner 0
  until    6
  balance  miner 0
  blocks   1
  height   7    balance miner 200    pending R 0    left R 100

scenario: a pending claim's fee goes to the block that pays it
  rule     fee_claim 30
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 5
  receipt  C in R price 200
  claim    C by miner
  earned   0
  blocks   5
  balance  miner 170    earned 15    holds treasury 15
""")
def test_windows_and_acceptance(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: final returns the rest
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300
  receipt  C in R price 100
  claim    C by miner final yes
  state    R gone    balance client 900    balance miner 100

scenario: final with a window returns the rest at once and closes
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 2 window 5
  receipt  C in R price 100 job a
  receipt  D in R price 100 job b
  claim    C by miner final yes
  state    R closing    balance client 900    balance miner 0
  claim    C by miner -> ReceiptAlreadyClaimed
  claim    D by miner -> ReservationClosing
  release  R by miner -> ReservationClosing
  until    7
  state    R gone    balance miner 100    balance client 900

scenario: the provider may release at any time
  account  client 1000    account miner 0    account eve 0
  reserve  R by client for miner cap 300
  release  R by eve -> ReservationStillOpen
  release  R by client -> ReservationStillOpen
  release  R by miner
  state    R gone    balance client 1000
  release  R by miner -> UnknownReservation

scenario: client and anyone may release from the height of expiry on
  account  client 1000    account eve 0
  reserve  R by client for miner cap 300 until 20
  reserve  S by client for miner cap 300 until 20
  reserve  T by client for any cap 300 until 20 window 1
  until    18
  release  R by client -> ReservationStillOpen
  blocks   1
  block
  release  R by client
  release  S by eve
  release  T by eve
  end
  balance  client 1000    state R gone    state S gone

scenario: expiry needs nobody
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 until 20
  until    19
  state    R open    balance client 700
  blocks   1
  state    R gone    balance client 1000

scenario: expiry waits for pending claims and returns the rest
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 until 20 window 30
  receipt  C in R price 100
  claim    C by miner
  until    20
  state    R closing    balance client 900    pending R 100
  until    31
  state    R closing    balance miner 0
  blocks   1
  state    R gone    balance miner 100    balance client 900
""")
def test_ways_to_the_end(scenario: Scenario) -> None:
    scenario.run()
