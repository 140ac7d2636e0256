"""The devices that visitors use: one row per possible combination of kind, operating system and browser.

Weights sum to 1000: mobile 550, desktop 400, tablet 50. User agents have the shape that the browser really sends,
which today hides the Android version and the model (``Android 10; K``), Windows 11 (``Windows NT 10.0``), the macOS
version (``10_15_7``) and that of ChromeOS (``14541.0.0``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One combination that exists in the world."""

    device_type: str
    """``"mobile"``, ``"desktop"`` or ``"tablet"``."""
    operating_system: str
    """``"iOS"``, ``"iPadOS"``, ``"Android"``, ``"Windows"``, ``"macOS"``, ``"Linux"`` or ``"ChromeOS"``."""
    os_version: str
    """The version installed, which the user agent may hide: ``"18.5"``; for Linux the distribution."""
    browser: str
    """As analytics tools call it: ``"Samsung Internet"``."""
    browser_versions: tuple[str, ...]
    """Full versions that run there; a single one for Safari on iOS, which is part of the system."""
    screens: tuple[str, ...]
    """Width x height in CSS pixels, upright for hand-held devices: ``"390x844"``."""
    user_agent: str
    """Template over {browser_version} and {browser_major}, the part before the first dot."""
    weight: int
    """Share of all devices, per mille."""


DEVICES = (
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="16.7.10",
        browser="Safari",
        browser_versions=("16.6",),
        screens=("375x667", "414x736", "375x812"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_10 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=14,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="17.4.1",
        browser="Safari",
        browser_versions=("17.4.1",),
        screens=("375x667", "375x812", "390x844", "393x852", "414x896", "430x932"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=24,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="17.6.1",
        browser="Safari",
        browser_versions=("17.6",),
        screens=("375x667", "375x812", "390x844", "393x852", "414x896", "430x932"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=44,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="18.1.1",
        browser="Safari",
        browser_versions=("18.1.1",),
        screens=("390x844", "393x852", "402x874", "414x896", "430x932", "440x956"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=38,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="18.3.2",
        browser="Safari",
        browser_versions=("18.3.1",),
        screens=("390x844", "393x852", "402x874", "414x896", "430x932", "440x956"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=48,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="18.5",
        browser="Safari",
        browser_versions=("18.5",),
        screens=("390x844", "393x852", "402x874", "414x896", "430x932", "440x956"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=56,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="18.5",
        browser="Chrome",
        browser_versions=("135.0.7049.83", "136.0.7103.91", "137.0.7151.107", "138.0.7204.156", "139.0.7258.76"),
        screens=("390x844", "393x852", "402x874", "414x896", "430x932", "440x956"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "CriOS/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=28,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="17.7",
        browser="Firefox",
        browser_versions=("131.2", "133.0", "135.1", "137.2", "139.0"),
        screens=("375x667", "375x812", "390x844", "393x852", "414x896", "430x932"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "FxiOS/{browser_version} Mobile/15E148 Safari/605.1.15"
        ),
        weight=3,
    ),
    Device(
        device_type="mobile",
        operating_system="iOS",
        os_version="18.5",
        browser="Edge",
        browser_versions=("135.0.3179.85", "136.0.3240.91", "137.0.3296.92", "138.0.3351.77"),
        screens=("390x844", "393x852", "402x874", "414x896", "430x932", "440x956"),
        user_agent=(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 EdgiOS/{browser_version} Mobile/15E148 Safari/605.1.15"
        ),
        weight=3,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="15",
        browser="Chrome",
        browser_versions=(
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("360x780", "384x832", "412x915", "412x923"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36"
        ),
        weight=68,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="14",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.122",
            "128.0.6613.127",
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("360x800", "385x854", "393x873", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36"
        ),
        weight=74,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="13",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.122",
            "128.0.6613.127",
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("360x800", "385x854", "393x873", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36"
        ),
        weight=44,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="12",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.122",
            "128.0.6613.127",
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("360x640", "360x800", "393x851", "412x892"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36"
        ),
        weight=28,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="11",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.122",
            "128.0.6613.127",
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("360x640", "360x800", "393x851", "412x892"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36"
        ),
        weight=16,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="13",
        browser="Samsung Internet",
        browser_versions=("25.0.0.41", "25.0.1.1", "25.0.1.3", "25.0.2.1"),
        screens=("360x780", "384x824", "384x832", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/{browser_major}.0 Chrome/121.0.0.0 Mobile Safari/537.36"
        ),
        weight=10,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="14",
        browser="Samsung Internet",
        browser_versions=("27.0.0.79", "27.0.3.3", "27.0.6.2", "27.0.9.2"),
        screens=("360x780", "384x824", "384x832", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/{browser_major}.0 Chrome/125.0.0.0 Mobile Safari/537.36"
        ),
        weight=18,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="15",
        browser="Samsung Internet",
        browser_versions=("28.0.0.59", "28.0.1.1", "28.0.4.59", "28.0.5.9"),
        screens=("360x780", "384x824", "384x832", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/{browser_major}.0 Chrome/130.0.0.0 Mobile Safari/537.36"
        ),
        weight=18,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="14",
        browser="Firefox",
        browser_versions=("130.0.1", "132.0.2", "134.0.2", "136.0.4", "138.0.4", "140.0.4"),
        screens=("360x800", "385x854", "393x873", "412x915"),
        user_agent="Mozilla/5.0 (Android 14; Mobile; rv:{browser_major}.0) Gecko/{browser_major}.0 Firefox/{browser_major}.0",
        weight=7,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="14",
        browser="Edge",
        browser_versions=("135.0.3179.85", "136.0.3240.91", "137.0.3296.92", "138.0.3351.77"),
        screens=("360x800", "385x854", "393x873", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Mobile Safari/537.36 EdgA/{browser_major}.0.0.0"
        ),
        weight=4,
    ),
    Device(
        device_type="mobile",
        operating_system="Android",
        os_version="13",
        browser="Opera",
        browser_versions=("86.0.4550.82106", "86.2.4550.82199", "86.4.4550.82274", "86.5.4550.82306"),
        screens=("360x800", "385x854", "393x873", "412x915"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/130.0.0.0 Mobile Safari/537.36 OPR/{browser_major}.0.0.0"
        ),
        weight=5,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="11",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1536x864", "1920x1080", "1920x1200", "2560x1440", "2560x1600", "3840x2160"),
        user_agent=(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=92,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="10",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1366x768", "1536x864", "1920x1080", "1920x1200", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=68,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="11",
        browser="Edge",
        browser_versions=(
            "126.0.2592.113",
            "128.0.2739.79",
            "130.0.2849.80",
            "131.0.2903.112",
            "133.0.3065.92",
            "135.0.3179.98",
            "137.0.3296.93",
            "139.0.3405.111",
        ),
        screens=("1536x864", "1920x1080", "1920x1200", "2560x1440", "2560x1600", "3840x2160"),
        user_agent=(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36 Edg/{browser_major}.0.0.0"
        ),
        weight=44,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="10",
        browser="Edge",
        browser_versions=(
            "126.0.2592.113",
            "128.0.2739.79",
            "130.0.2849.80",
            "131.0.2903.112",
            "133.0.3065.92",
            "135.0.3179.98",
            "137.0.3296.93",
            "139.0.3405.111",
        ),
        screens=("1366x768", "1536x864", "1920x1080", "1920x1200", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36 Edg/{browser_major}.0.0.0"
        ),
        weight=22,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="11",
        browser="Firefox",
        browser_versions=("128.0.3", "130.0.1", "132.0.2", "134.0.2", "136.0.4", "138.0.4", "140.0.4", "141.0.3"),
        screens=("1536x864", "1920x1080", "1920x1200", "2560x1440", "2560x1600", "3840x2160"),
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{browser_major}.0) Gecko/20100101 Firefox/{browser_major}.0",
        weight=16,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="10",
        browser="Firefox",
        browser_versions=("128.3.0", "128.5.0", "128.8.0", "128.11.0"),
        screens=("1366x768", "1536x864", "1920x1080", "1920x1200", "2560x1440"),
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{browser_major}.0) Gecko/20100101 Firefox/{browser_major}.0",
        weight=9,
    ),
    Device(
        device_type="desktop",
        operating_system="Windows",
        os_version="11",
        browser="Opera",
        browser_versions=("117.0.5408.32", "117.0.5408.39", "117.0.5408.93", "117.0.5408.163"),
        screens=("1536x864", "1920x1080", "1920x1200", "2560x1440", "2560x1600", "3840x2160"),
        user_agent=(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/132.0.0.0 Safari/537.36 OPR/{browser_major}.0.0.0"
        ),
        weight=12,
    ),
    Device(
        device_type="desktop",
        operating_system="macOS",
        os_version="15",
        browser="Safari",
        browser_versions=("18.0.1", "18.1.1", "18.2", "18.3.1", "18.4", "18.5"),
        screens=("1440x900", "1470x956", "1512x982", "1680x1050", "1728x1117", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Safari/605.1.15"
        ),
        weight=34,
    ),
    Device(
        device_type="desktop",
        operating_system="macOS",
        os_version="14",
        browser="Safari",
        browser_versions=("17.5", "17.6", "18.0.1", "18.1.1", "18.2", "18.3.1"),
        screens=("1440x900", "1470x956", "1512x982", "1680x1050", "1728x1117", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Safari/605.1.15"
        ),
        weight=22,
    ),
    Device(
        device_type="desktop",
        operating_system="macOS",
        os_version="15",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1440x900", "1470x956", "1512x982", "1680x1050", "1728x1117", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=38,
    ),
    Device(
        device_type="desktop",
        operating_system="macOS",
        os_version="13",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1280x800", "1440x900", "1680x1050", "1792x1120"),
        user_agent=(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=12,
    ),
    Device(
        device_type="desktop",
        operating_system="macOS",
        os_version="15",
        browser="Firefox",
        browser_versions=("128.0.3", "130.0.1", "132.0.2", "134.0.2", "136.0.4", "138.0.4", "140.0.4", "141.0.3"),
        screens=("1440x900", "1470x956", "1512x982", "1680x1050", "1728x1117", "2560x1440"),
        user_agent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:{browser_major}.0) Gecko/20100101 Firefox/{browser_major}.0",
        weight=6,
    ),
    Device(
        device_type="desktop",
        operating_system="Linux",
        os_version="Ubuntu 24.04",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1920x1080", "1920x1200", "2560x1440"),
        user_agent=(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=7,
    ),
    Device(
        device_type="desktop",
        operating_system="Linux",
        os_version="Ubuntu 24.04",
        browser="Firefox",
        browser_versions=("128.0.3", "130.0.1", "132.0.2", "134.0.2", "136.0.4", "138.0.4", "140.0.4", "141.0.3"),
        screens=("1920x1080", "1920x1200", "2560x1440"),
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:{browser_major}.0) Gecko/20100101 Firefox/{browser_major}.0",
        weight=6,
    ),
    Device(
        device_type="desktop",
        operating_system="ChromeOS",
        os_version="14541.0.0",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.127",
            "128.0.6613.138",
            "130.0.6723.117",
            "131.0.6778.205",
            "133.0.6943.142",
            "135.0.7049.115",
            "137.0.7151.104",
            "139.0.7258.139",
        ),
        screens=("1280x800", "1366x768", "1536x864", "1920x1080"),
        user_agent=(
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=12,
    ),
    Device(
        device_type="tablet",
        operating_system="iPadOS",
        os_version="17.6.1",
        browser="Safari",
        browser_versions=("17.6",),
        screens=("768x1024", "810x1080", "820x1180", "834x1194", "1024x1366"),
        user_agent=(
            "Mozilla/5.0 (iPad; CPU OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=10,
    ),
    Device(
        device_type="tablet",
        operating_system="iPadOS",
        os_version="18.5",
        browser="Safari",
        browser_versions=("18.5",),
        screens=("768x1024", "810x1080", "820x1180", "834x1194", "1024x1366"),
        user_agent=(
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=18,
    ),
    Device(
        device_type="tablet",
        operating_system="iPadOS",
        os_version="18.5",
        browser="Chrome",
        browser_versions=("135.0.7049.83", "136.0.7103.91", "137.0.7151.107", "138.0.7204.156", "139.0.7258.76"),
        screens=("768x1024", "810x1080", "820x1180", "834x1194", "1024x1366"),
        user_agent=(
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "CriOS/{browser_version} Mobile/15E148 Safari/604.1"
        ),
        weight=4,
    ),
    Device(
        device_type="tablet",
        operating_system="Android",
        os_version="14",
        browser="Chrome",
        browser_versions=(
            "126.0.6478.122",
            "128.0.6613.127",
            "130.0.6723.107",
            "131.0.6778.200",
            "133.0.6943.138",
            "135.0.7049.111",
            "137.0.7151.115",
            "139.0.7258.143",
        ),
        screens=("800x1280", "753x1205", "800x1334"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/{browser_major}.0.0.0 Safari/537.36"
        ),
        weight=13,
    ),
    Device(
        device_type="tablet",
        operating_system="Android",
        os_version="14",
        browser="Samsung Internet",
        browser_versions=("27.0.0.79", "27.0.3.3", "27.0.6.2", "27.0.9.2"),
        screens=("800x1280", "753x1205", "800x1334"),
        user_agent=(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/{browser_major}.0 Chrome/125.0.0.0 Safari/537.36"
        ),
        weight=5,
    ),
)
