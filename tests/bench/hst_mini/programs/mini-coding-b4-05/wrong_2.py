# Wrong: keeps bread one minute too long.
from collections import OrderedDict


def warm_hits(requests: list[tuple[int, str]], size: int, ttl: int) -> int:
    baked: OrderedDict[str, int] = OrderedDict()  # oldest first
    asked: OrderedDict[str, None] = OrderedDict()  # longest ago first
    hits = 0
    for minute, kind in requests:
        while baked and next(iter(baked.values())) + ttl < minute:
            del asked[baked.popitem(last=False)[0]]
        if kind in baked:
            hits += 1
            asked.move_to_end(kind)
            continue
        if len(baked) == size:
            del baked[asked.popitem(last=False)[0]]
        baked[kind] = minute
        asked[kind] = None
    return hits
