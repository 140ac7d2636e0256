"""Tables as a notebook shows them: HTML with everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def html_table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, below: str = "") -> str:
    """A table for ``_repr_html_``: the first column is text, the others are figures.

    Args:
        caption: above it, in bold.
        header: of the columns.
        rows: their cells.
        below: a sentence beneath the table.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    note = f"<p>{escape(below)}</p>" if below else ""
    return (
        f"<div><p><b>{escape(caption)}</b></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"{note}</div>"
    )


def _cells(row: Sequence[object]) -> str:
    first, *others = row
    rest = "".join(f'<td style="text-align: right">{escape(str(cell))}</td>' for cell in others)
    return f'<td style="text-align: left">{escape(str(first))}</td>{rest}'
