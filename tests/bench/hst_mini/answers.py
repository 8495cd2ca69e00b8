"""Derives the answer of every deep-search item of hst_mini from the facts behind the corpus.

Nothing here reads the items: the test compares what these functions find with the answers on file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

Row = dict[str, Any]
Facts = dict[str, list[Row]]

ITEMS: dict[str, Callable[[Facts], str]] = {}


def item(number: str) -> Callable[[Callable[[Facts], str]], Callable[[Facts], str]]:
    """Files the decorated function under the id of the item that it answers."""

    def file(function: Callable[[Facts], str]) -> Callable[[Facts], str]:
        key = f"mini-search-{number}"
        assert key not in ITEMS, key
        ITEMS[key] = function
        return function

    return file


def derive(facts: Facts) -> dict[str, str]:
    """Item id -> answer."""
    cells = {
        f"mini-search-{number}": str(the(facts[table], **{key: row})[column])
        for number, (table, key, row, column) in CELLS.items()
    }
    return cells | {key: function(facts) for key, function in ITEMS.items()}


# Look-ups and dates


def the(rows: list[Row], **wanted: object) -> Row:
    """The one row with these values."""
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, len(found))
    return found[0]


def top(scores: dict[str, float], place: int = 1) -> str:
    """The name at this place from the top; no other name may share its score."""
    ranked = sorted(scores, key=lambda name: scores[name], reverse=True)
    name = ranked[place - 1]
    assert list(scores.values()).count(scores[name]) == 1, (name, scores)
    return name


def island_of(facts: Facts, town: str) -> str:
    return str(the(facts["towns"], name=town)["island"])


def seat_island(facts: Facts, company: str) -> str:
    return island_of(facts, the(facts["companies"], name=company)["seat"])


def days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def days_away(expedition: Row) -> int:
    return days(expedition["departed"], expedition["returned"])


def completed_years(born: str, day: str) -> int:
    first, last = date.fromisoformat(born), date.fromisoformat(day)
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def clock(total: int) -> str:
    return f"{total // 60:02d}:{total % 60:02d}"


def owner_on(facts: Facts, ship: str, day: str) -> str:
    """The owner of a ship on a day that is none of a sale."""
    owner = the(facts["ships"], name=ship)["first_owner"]
    sales = [row for row in facts["ship_events"] if row["ship"] == ship and row["event"] == "sold"]
    for sale in sorted(sales, key=lambda row: row["date"]):
        assert sale["date"] != day
        if sale["date"] < day:
            owner = sale["to"]
    return str(owner)


# b1, and two of b2: one cell of one row, as (table, key, row, wanted column)

CELLS = {
    "b1-01": ("lighthouses", "name", "Corrow Head Light", "lit"),
    "b1-02": ("towns", "name", "Ravelstow", "island"),
    "b1-03": ("novels", "title", "Ferry Weather", "author"),
    "b1-04": ("bridges", "name", "Sorrel Bridge", "length_m"),
    "b1-05": ("treaties", "name", "Second Treaty of Vannick", "signed"),
    "b1-06": ("museums", "name", "Slate Museum", "town"),
    "b1-07": ("islands", "name", "Dramwith", "peak"),
    "b1-08": ("ships", "name", "Bright Horizon", "yard"),
    "b2-06": ("novels", "title", "Slate", "pages"),
    "b2-07": ("museums", "name", "Lamp Museum", "closed_day"),
}


# b2: two glances, or one search


@item("b2-01")
def birth_year_of_the_low_lights_author(facts: Facts) -> str:
    author = the(facts["novels"], title="The Low Light")["author"]
    return str(date.fromisoformat(the(facts["authors"], name=author)["born"]).year)


@item("b2-02")
def height_above_lintry(facts: Facts) -> str:
    return str(the(facts["islands"], name=island_of(facts, "Lintry"))["height_m"])


@item("b2-03")
def seat_of_grey_plovers_yard(facts: Facts) -> str:
    yard = the(facts["ships"], name="Grey Plover")["yard"]
    return str(the(facts["companies"], name=yard)["seat"])


@item("b2-04")
def light_with_three_red_flashes(facts: Facts) -> str:
    return str(the(facts["lighthouses"], flashes=3, colour="red", period_s=15)["name"])


@item("b2-05")
def museum_with_the_jawbone(facts: Facts) -> str:
    (museum,) = (row for row in facts["museums"] if "jawbone" in row["exhibit"])
    return str(museum["name"])


@item("b2-08")
def birth_of_the_hollow_sea_leader(facts: Facts) -> str:
    leader = the(facts["expeditions"], name="Hollow Sea Survey")["leader"]
    return str(the(facts["captains"], name=leader)["born"])


# b3: a few pages and a comparison or a date


@item("b3-01")
def second_farice_longer_than_third(facts: Facts) -> str:
    second, third = (the(facts["expeditions"], name=f"{which} Farice Expedition") for which in ("Second", "Third"))
    return str(days_away(second) - days_away(third))


@item("b3-02")
def age_of_the_salt_meridian_leader(facts: Facts) -> str:
    expedition = the(facts["expeditions"], name="Salt Meridian Expedition")
    leader = the(facts["captains"], name=expedition["leader"])
    return str(completed_years(leader["born"], expedition["departed"]))


@item("b3-03")
def owner_of_the_hollow_sea_ship(facts: Facts) -> str:
    expedition = the(facts["expeditions"], name="Hollow Sea Survey")
    return owner_on(facts, expedition["ship"], expedition["departed"])


@item("b3-04")
def sunday_in_corrow(facts: Facts) -> str:
    route = the(facts["ferry_routes"], port_a="Merrowick", port_b="Corrow", since=1992)
    arrival = min(map(minutes, route["sunday_a"])) + route["minutes"]
    return str(max(map(minutes, route["sunday_b"])) - arrival)


@item("b3-05")
def first_towers_of_pendlow_and_pendle(facts: Facts) -> str:
    def tower(keeper: str) -> int:
        posts = [row for row in facts["postings"] if row["keeper"] == keeper]
        first = min(posts, key=lambda row: int(row["from"]))
        return int(the(facts["lighthouses"], name=first["lighthouse"])["tower_m"])

    return str(tower("Jorrel Pendlow") - tower("Jorrel Pendle"))


@item("b3-06")
def berths_at_the_birthplace_of_the_1974_winner(facts: Facts) -> str:
    novel = the(facts["novels"], title=the(facts["prizes"], year=1974)["novel"])
    town = the(facts["authors"], name=novel["author"])["town"]
    return str(the(facts["towns"], name=town)["berths"])


@item("b3-07")
def director_at_the_larger_telescope(facts: Facts) -> str:
    two = [the(facts["observatories"], island=island) for island in ("Dramwith", "Ninrath")]
    return top({row["director"]: row["aperture_cm"] for row in two})


@item("b3-08")
def fiddle_weeks_by_1990(facts: Facts) -> str:
    festival = the(facts["festivals"], name="Fiddle Week")
    return str(sum(year not in festival["not_held"] for year in range(festival["first_held"], 1991)))


# b4: a category of pages


@item("b4-01")
def longest_manned_white_light_by_crale(facts: Facts) -> str:
    lights = [row for row in facts["lighthouses"] if row["engineer"] == "Ilsabet Crale" and row["colour"] == "white"]
    return top({row["name"]: row["automated"] - row["lit"] for row in lights})


@item("b4-02")
def inhabitants_of_the_old_pallin_parties(facts: Facts) -> str:
    parties = the(facts["treaties"], name="Treaty of Old Pallin")["parties"]
    return str(sum(row["population_1990"] for row in facts["towns"] if row["island"] in parties))


@item("b4-03")
def sunday_to_skerrowby(facts: Facts) -> str:
    boats = sailings(facts, "sunday", 1)
    arrivals = [at for port, at, _ in voyages(boats, "Tollan Quay", minutes("08:00")) if port == "Skerrowby"]
    return clock(min(arrivals))


@item("b4-04")
def expedition_with_the_largest_share_lost(facts: Facts) -> str:
    return top({row["name"]: row["lost"] / row["members"] for row in facts["expeditions"]})


@item("b4-05")
def author_with_most_pages(facts: Facts) -> str:
    pages: Counter[str] = Counter()
    for novel in facts["novels"]:
        pages[novel["author"]] += novel["pages"]
    return top(dict(pages))


@item("b4-06")
def islands_with_two_of_mornes_species(facts: Facts) -> str:
    hers = [row for row in facts["species"] if row["naturalist"] == "Ilsabet Morne"]
    homes = Counter(island for row in hers for island in row["islands"])
    return str(sum(count >= 2 for count in homes.values()))


@item("b4-07")
def bridges_in_dunmeres_lifetime(facts: Facts) -> str:
    life = the(facts["engineers"], name="Wenna Dunmere")
    assert not {row["opened"] for row in facts["bridges"]} & {life["born"], life["died"]}
    return str(sum(row["length_m"] for row in facts["bridges"] if life["born"] < row["opened"] < life["died"]))


@item("b4-08")
def head_of_the_school_with_the_largest_share(facts: Facts) -> str:
    towns = {row["name"]: row["population_1990"] for row in facts["towns"]}
    return top({row["head"]: row["pupils_1990"] / towns[row["town"]] for row in facts["schools"]})


# b5: many pages, joins, dates and routes


@item("b5-01")
def passengers_of_brennock_and_saelmar_in_1940(facts: Facts) -> str:
    day, total = "1940-01-01", 0
    for ship in facts["ships"]:
        afloat = ship["launched"] < day and (ship["end_date"] is None or ship["end_date"] > day)
        if afloat and seat_island(facts, owner_on(facts, ship["name"], day)) in {"Brennock", "Saelmar"}:
            total += ship["passengers"]
    return str(total)


@item("b5-02")
def towers_with_a_last_keeper_from_the_island(facts: Facts) -> str:
    births = {row["name"]: island_of(facts, row["town"]) for row in facts["keepers"]}
    return str(sum(row["tower_m"] for row in facts["lighthouses"] if births[row["last_keeper"]] == row["island"]))


@item("b5-03")
def round_trip_with_three_visits(facts: Facts) -> str:
    stops = frozenset({"Skerrowby", "Quenlow", "Hesk Harbour"})
    reached = voyages(sailings(facts, "weekday", 2), "Tollan Quay", minutes("06:00"), stops)
    back = min(at for port, at, done in reached if port == "Tollan Quay" and done == stops)
    day, time = divmod(back, 24 * 60)
    assert day == 1
    return clock(time)


@item("b5-04")
def days_of_home_sponsored_expeditions_on_hired_ships(facts: Facts) -> str:
    total = 0
    for row in facts["expeditions"]:
        home = island_of(facts, the(facts["captains"], name=row["leader"])["town"])
        hired = owner_on(facts, row["ship"], row["departed"]) != row["sponsor"]
        if hired and home == seat_island(facts, row["sponsor"]):
            total += days_away(row)
    return str(total)


@item("b5-05")
def shortest_lived_name(facts: Facts) -> str:
    borne: dict[str, float] = {}
    for ship in facts["ships"]:
        name, since = ship["first_name"], ship["launched"]
        events = [row for row in facts["ship_events"] if row["ship"] == ship["name"] and row["event"] == "renamed"]
        for event in sorted(events, key=lambda row: row["date"]):
            assert name not in borne
            borne[name] = -days(since, event["date"])
            name, since = event["to"], event["date"]
    return top(borne)


@item("b5-06")
def pages_of_homely_winners_published_elsewhere(facts: Facts) -> str:
    total = 0
    for prize in facts["prizes"]:
        novel = the(facts["novels"], title=prize["novel"])
        home = island_of(facts, the(facts["authors"], name=novel["author"])["town"])
        if novel["island"] == home != seat_island(facts, novel["publisher"]):
            total += novel["pages"]
    return str(total)


@item("b5-07")
def third_largest_levy(facts: Facts) -> str:
    rule = the(facts["levies"], year=1990)
    sums: dict[str, float] = defaultdict(float)
    for table, rate, unit in (("towns", "per_berth", "berths"), ("lighthouses", "per_tower_metre", "tower_m")):
        for row in facts[table]:
            sums[row["island"]] += rule[f"crowns_{rate}"] * row[unit]
    for row in facts["bridges"]:
        sums[row["island"]] += rule["crowns_per_bridge"]
    for row in facts["islands"]:
        sums[row["name"]] *= 0.5 if row["joined"] > rule["half_if_joined_after"] else 1
    return top(dict(sums), place=3)


@item("b5-08")
def longest_service_at_lights_of_two_engineers(facts: Facts) -> str:
    engineers = {row["name"]: row["engineer"] for row in facts["lighthouses"]}
    posts: dict[str, list[Row]] = defaultdict(list)
    for row in facts["postings"]:
        posts[row["keeper"]].append(row)
    return top(
        {
            keeper: sum(row["to"] - row["from"] for row in rows)
            for keeper, rows in posts.items()
            if len({engineers[row["lighthouse"]] for row in rows}) == 2
        }
    )


# Ferries


def sailings(facts: Facts, kind: str, count: int) -> list[tuple[int, str, int, str]]:
    """All boats of the 1992 timetable as (departure, port, arrival, port), on `count` days of a kind."""
    boats = []
    for route in facts["ferry_routes"]:
        if route["since"] != 1992:
            continue
        ends = ((route["port_a"], route["port_b"], "a"), (route["port_b"], route["port_a"], "b"))
        for start, end, side in ends:
            for day in range(count):
                for time in route[f"{kind}_{side}"]:
                    leaves = minutes(time) + day * 24 * 60
                    boats.append((leaves, start, leaves + route["minutes"], end))
    return sorted(boats)


def voyages(
    boats: Iterable[tuple[int, str, int, str]], start: str, earliest: int, stops: frozenset[str] = frozenset()
) -> set[tuple[str, int, frozenset[str]]]:
    """All (port, arrival, stops made) that can be reached: 10 minutes for a change, 60 for a stop."""
    reached: set[tuple[str, int, frozenset[str]]] = set()
    for leaves, port, arrives, end in boats:
        if port == start and leaves >= earliest:
            reached.add((end, arrives, frozenset()))
        for at, since, done in list(reached):
            if at == port and leaves >= since + 10:
                made = stops & {at} if leaves >= since + 60 else frozenset()
                reached.add((end, arrives, done | made))
    return reached
