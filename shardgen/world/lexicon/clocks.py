"""What the clocks of each place say: standard time and daylight saving, as the IANA time zone database has them.

The rules stand here, and not in the machine's database, so that one world has the same bytes everywhere; a test
compares them with zoneinfo. They are exact from 2013 on; before, each place keeps its first rule. Nothing here draws.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """When clocks are an hour ahead, each year anew."""

    begins: tuple[int, int]
    """Month, and which of its Sundays: 1 is the first, -1 the last."""
    ends: tuple[int, int]
    """The same."""
    minutes: tuple[int, int]
    """How long after midnight of that Sunday it begins and ends, in minutes."""
    utc: bool = False
    """Whether that midnight is UTC's; else it is that of standard time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """A time during which one place keeps the same rule."""

    since: str = "1970-01-01T00:00"
    """Its first minute, UTC."""
    minutes: int
    """Standard time minus UTC."""
    saving: Saving | None = None


EUROPE = Saving(begins=(3, -1), ends=(10, -1), minutes=(60, 60), utc=True)
NORTH_AMERICA = Saving(begins=(3, 2), ends=(11, 1), minutes=(120, 60))
MEXICO = Saving(begins=(4, 1), ends=(10, -1), minutes=(120, 60))
AUSTRALIA = Saving(begins=(10, 1), ends=(4, 1), minutes=(120, 120))

_BRAZIL = (
    ("2013-10-20", "2014-02-16"),
    ("2014-10-19", "2015-02-22"),
    ("2015-10-18", "2016-02-21"),
    ("2016-10-16", "2017-02-19"),
    ("2017-10-15", "2018-02-18"),
    ("2018-11-04", "2019-02-17"),
)
"""Brazil's last summers with daylight saving: carnival and elections moved their ends."""

_SOUTH_OF_BRAZIL = (
    Era(minutes=-120),
    Era(since="2013-02-17T02:00", minutes=-180),
    *(
        era
        for begin, end in _BRAZIL
        for era in (Era(since=f"{begin}T03:00", minutes=-120), Era(since=f"{end}T02:00", minutes=-180))
    ),
)
_CENTRE_OF_MEXICO = (Era(minutes=-360, saving=MEXICO), Era(since="2022-10-30T07:00", minutes=-360))

CLOCKS: dict[str, tuple[Era, ...]] = {
    "America/Bahia": (Era(minutes=-180),),
    "America/Belem": (Era(minutes=-180),),
    "America/Cancun": (Era(minutes=-360, saving=MEXICO), Era(since="2015-02-01T08:00", minutes=-300)),
    "America/Chicago": (Era(minutes=-360, saving=NORTH_AMERICA),),
    "America/Chihuahua": (Era(minutes=-420, saving=MEXICO), Era(since="2022-10-30T08:00", minutes=-360)),
    "America/Ciudad_Juarez": (
        Era(minutes=-420, saving=NORTH_AMERICA),
        Era(since="2022-10-30T08:00", minutes=-360),
        Era(since="2022-11-30T06:00", minutes=-420, saving=NORTH_AMERICA),
    ),
    "America/Denver": (Era(minutes=-420, saving=NORTH_AMERICA),),
    "America/Detroit": (Era(minutes=-300, saving=NORTH_AMERICA),),
    "America/Edmonton": (Era(minutes=-420, saving=NORTH_AMERICA),),
    "America/Fortaleza": (Era(minutes=-180),),
    "America/Halifax": (Era(minutes=-240, saving=NORTH_AMERICA),),
    "America/Hermosillo": (Era(minutes=-420),),
    "America/Indiana/Indianapolis": (Era(minutes=-300, saving=NORTH_AMERICA),),
    "America/Los_Angeles": (Era(minutes=-480, saving=NORTH_AMERICA),),
    "America/Manaus": (Era(minutes=-240),),
    "America/Merida": _CENTRE_OF_MEXICO,
    "America/Mexico_City": _CENTRE_OF_MEXICO,
    "America/Monterrey": _CENTRE_OF_MEXICO,
    "America/New_York": (Era(minutes=-300, saving=NORTH_AMERICA),),
    "America/Phoenix": (Era(minutes=-420),),
    "America/Recife": (Era(minutes=-180),),
    "America/Regina": (Era(minutes=-360),),
    "America/Sao_Paulo": _SOUTH_OF_BRAZIL,
    "America/St_Johns": (Era(minutes=-210, saving=NORTH_AMERICA),),
    "America/Tijuana": (Era(minutes=-480, saving=NORTH_AMERICA),),
    "America/Toronto": (Era(minutes=-300, saving=NORTH_AMERICA),),
    "America/Vancouver": (Era(minutes=-480, saving=NORTH_AMERICA),),
    "America/Winnipeg": (Era(minutes=-360, saving=NORTH_AMERICA),),
    "Asia/Tokyo": (Era(minutes=540),),
    "Atlantic/Canary": (Era(minutes=0, saving=EUROPE),),
    "Australia/Adelaide": (Era(minutes=570, saving=AUSTRALIA),),
    "Australia/Brisbane": (Era(minutes=600),),
    "Australia/Darwin": (Era(minutes=570),),
    "Australia/Hobart": (Era(minutes=600, saving=AUSTRALIA),),
    "Australia/Melbourne": (Era(minutes=600, saving=AUSTRALIA),),
    "Australia/Perth": (Era(minutes=480),),
    "Australia/Sydney": (Era(minutes=600, saving=AUSTRALIA),),
    "Europe/Amsterdam": (Era(minutes=60, saving=EUROPE),),
    "Europe/Berlin": (Era(minutes=60, saving=EUROPE),),
    "Europe/Dublin": (Era(minutes=0, saving=EUROPE),),
    "Europe/London": (Era(minutes=0, saving=EUROPE),),
    "Europe/Madrid": (Era(minutes=60, saving=EUROPE),),
    "Europe/Paris": (Era(minutes=60, saving=EUROPE),),
    "Europe/Rome": (Era(minutes=60, saving=EUROPE),),
    "Europe/Stockholm": (Era(minutes=60, saving=EUROPE),),
    "Europe/Vienna": (Era(minutes=60, saving=EUROPE),),
    "Europe/Warsaw": (Era(minutes=60, saving=EUROPE),),
    "Pacific/Honolulu": (Era(minutes=-600),),
}
"""By IANA name."""
