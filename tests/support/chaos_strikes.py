"""How each fault is brought about on real processes, and how it is healed."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from tests.support.chaos_net import ChaosNet, Part
from tests.support.chaos_plan import Fault, Kind
from tests.support.relays import Weather

Healer = Callable[[], None]

PARTS = {
    Kind.CORE_KILLED: Part.CORE,
    Kind.CORE_FROZEN: Part.CORE,
    Kind.NETWORK_KILLED: Part.NETWORK,
    Kind.NETWORK_FROZEN: Part.NETWORK,
    Kind.API_KILLED: Part.API,
}


def strike(net: ChaosNet, fault: Fault) -> Healer:
    """Bring a fault about and return what ends it."""
    if fault.routes:
        net.relays.change(fault.routes, fault.weather, delay_s=fault.delay_s)
        return lambda: net.relays.change(fault.routes, Weather.OPEN)
    match fault.kind:
        case Kind.CORE_KILLED:
            return _kill_core(net, fault.nodes[0])
        case Kind.NETWORK_KILLED | Kind.API_KILLED:
            net.strike(fault.nodes[0], PARTS[fault.kind], signal.SIGKILL)
            return lambda: None  # the supervisor heals it
        case Kind.CORE_FROZEN | Kind.NETWORK_FROZEN:
            return _freeze_part(net, fault.nodes[0], PARTS[fault.kind])
        case Kind.NODE_FROZEN:
            net.freeze(fault.nodes[0])
            return lambda: net.thaw(fault.nodes[0])
        case Kind.NODE_STOPPED:
            net.stop(fault.nodes[0])
        case _:
            for index in fault.nodes:
                net.kill(index)
    return lambda: net.start(*fault.nodes)


def _kill_core(net: ChaosNet, index: int) -> Healer:
    """Kill a core, which ends its node, and return what starts the node."""
    net.strike(index, Part.CORE, signal.SIGKILL)
    net.wait_ended(index)
    return lambda: net.start(index)


def _freeze_part(net: ChaosNet, index: int, part: Part) -> Healer:
    """Stop one process where it stands, and return what lets it go on, if it is still there."""
    pid = net.strike(index, part, signal.SIGSTOP)

    def thaw() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    return thaw
