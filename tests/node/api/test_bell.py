import asyncio
from itertools import count

from node.api.bell import Bell


def test_each_height_rings_once() -> None:
    bell, heard = Bell(), []
    bell.ring(1)
    with bell.heard_by(lambda: heard.append(1)):
        for height in (1, 2, 2, 1, 5):
            bell.ring(height)
    bell.ring(6)
    assert heard == [1, 1]


def test_growth_without_notice_rings_too() -> None:
    async def run() -> None:
        bell, rung = Bell(), asyncio.Event()
        heights = count(3)

        def look() -> int:
            height = next(heights)
            if height == 3:
                raise TimeoutError
            return height

        with bell.heard_by(rung.set):
            watch = asyncio.create_task(bell.watch(look))
            async with asyncio.timeout(10):
                await rung.wait()
            watch.cancel()

    asyncio.run(run())
