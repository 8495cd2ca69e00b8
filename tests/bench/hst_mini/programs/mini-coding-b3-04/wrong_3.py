# Wrong: crashes when the queue is empty.
def queue_after(events: list[str]) -> list[str]:
    queue: list[str] = []
    for event in events:
        verb, _, name = event.partition(" ")
        if verb == "serve":
            queue.pop(0)
        elif verb == "join":
            queue += [name] if name not in queue else []
        elif name in queue:
            queue.remove(name)
            if verb == "jump":
                queue.insert(0, name)
    return queue
