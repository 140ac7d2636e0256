"""A notebook as a script: the cells begin with ``# %%``, as VS Code, PyCharm and Jupytext read them."""

# %% What would be loaded? No database is needed for this.
import subprocess
import sys

import psycopg

import shardgen

WORLD = {"customers": 500, "products": 200, "orders_per_day": 15, "sessions_per_day": 60, "days": 90}

plan = shardgen.plan(end="2026-01-01", **WORLD)
for table in plan.config.tables:
    print(f"{table:12} {plan.rows(table):>9,}")

# %% A look at single rows, still without a database.
[order] = shardgen.sample("orders", 1, end="2026-01-01", **WORLD)
print(order["order_id"], order["total_amount"], [item["product_id"] for item in order["raw_data"]["items"]])

# %% The load. In a notebook its progress is a tqdm bar. Without a DSN it goes into the embedded server.
report = shardgen.load(end="2026-01-01", if_exists="replace", schema="notebook", **WORLD)
print(f"{sum(table.counted for table in report.tables):,} rows in {report.seconds:.1f} s, reconciled: {report.ok}")

# %% Questions. `shardgen db url` prints the connection string of the embedded server.
dsn = subprocess.run([sys.executable, "-m", "shardgen", "db", "url"], check=True, capture_output=True, text=True).stdout
with psycopg.connect(dsn.strip()) as connection:
    funnel = connection.execute(
        """select event_type, count(distinct session_id)
        from notebook.raw_clickstream
        where event_type in ('product_view', 'add_to_cart', 'checkout_start', 'purchase')
        group by 1 order by 2 desc"""
    ).fetchall()
for step, sessions in funnel:
    print(f"{step:15} {sessions:>6,} {'#' * (60 * sessions // funnel[0][1])}")

# %% Does the story hold? Every law is an SQL statement that returns the rows which break it.
verified = shardgen.verify(schema="notebook", level="laws")
print({check.name: check.status for check in verified.checks if check.status != "not applicable"})
