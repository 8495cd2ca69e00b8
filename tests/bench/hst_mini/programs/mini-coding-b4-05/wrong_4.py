# Wrong: looks for old bread only when that kind is asked for, so old bread takes up room.
from collections import OrderedDict


def warm_hits(requests: list[tuple[int, str]], size: int, ttl: int) -> int:
    baked: OrderedDict[str, int] = OrderedDict()
    hits = 0
    for minute, kind in requests:
        if kind in baked and baked[kind] + ttl <= minute:
            del baked[kind]
        if kind in baked:
            hits += 1
            baked.move_to_end(kind)
            continue
        if len(baked) == size:
            baked.popitem(last=False)
        baked[kind] = minute
    return hits
