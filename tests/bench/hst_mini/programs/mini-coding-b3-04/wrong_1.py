# Wrong: lets a person stand in the queue twice.
def queue_after(events: list[str]) -> list[str]:
    queue: list[str] = []
    for event in events:
        verb, _, name = event.partition(" ")
        if verb == "serve":
            queue = queue[1:]
        elif verb == "join":
            queue.append(name)
        elif name in queue:
            queue.remove(name)
            if verb == "jump":
                queue.insert(0, name)
    return queue
