# Wrong: lets strangers jump to the front.
def queue_after(events: list[str]) -> list[str]:
    queue: list[str] = []
    for event in events:
        verb, _, name = event.partition(" ")
        if verb == "serve":
            queue = queue[1:]
        elif verb == "join" and name not in queue:
            queue.append(name)
        elif verb == "leave" and name in queue:
            queue.remove(name)
        elif verb == "jump":
            queue = [name] + [other for other in queue if other != name]
    return queue
