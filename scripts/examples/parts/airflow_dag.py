"""A load in parts as mapped tasks of Airflow: ten of them beside each other, then the commit.

Put it into the folder of your DAGs, where shardgen is installed beside Airflow, and set SHARDGEN_DSN for the workers. A
task that is tried again does what it has not done; the commit finishes the load, or names what is lacking.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.decorators import dag, task

PARTS = 10
OPTIONS = {"end": "2026-01-01", "scale": 10.0, "schema": "bronze"}
"""What all parts together load, the same for every task and every new try: see ``shardgen help options``."""


@task(retries=3, retry_delay=timedelta(minutes=1))
def part(number: int) -> int:
    """Load one part; the rows of it that are there."""
    import shardgen  # noqa: PLC0415  # where tasks run, not where DAGs are read

    return shardgen.load_part(f"{number}/{PARTS}", workers=2, progress="none", **OPTIONS).rows


@task
def commit(rows: list[int]) -> bool:
    """Finish the run, if its last part has not done so; whether it was done now."""
    import shardgen  # noqa: PLC0415

    print(f"{sum(rows)} rows in {len(rows)} parts")
    return shardgen.commit(schema=OPTIONS["schema"], progress="none").changed


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def fill_bronze() -> None:
    """Ten parts, then the commit."""
    commit(part.expand(number=list(range(PARTS))))


fill_bronze()
