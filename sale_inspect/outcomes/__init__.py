"""Tables of outcomes: what agents and policies did on tasks, from any logs or files. Pure."""

from sale_inspect.outcomes._columns import COLUMNS, SCHEMA_VERSION, OutcomeColumn
from sale_inspect.outcomes._duplicates import OnDuplicate, named
from sale_inspect.outcomes._files import is_table_file, read_outcomes, write_outcomes
from sale_inspect.outcomes._join import RunLeftOut, join
from sale_inspect.outcomes._matrix import PolicyOutcomes, agent_order, policy_outcomes, splits, to_outcomes
from sale_inspect.outcomes._parquet import arrow_schema, from_arrow, read_parquet, to_arrow, write_parquet
from sale_inspect.outcomes._prices import ListedPrice, PriceList, Pricing, Spent, read_price_list
from sale_inspect.outcomes._summary import outcomes_summary
from sale_inspect.outcomes._table import (
    ANSWER_CAP,
    Basis,
    Kind,
    OutcomeRow,
    OutcomeTable,
    cap_answer,
    clean,
    make_table,
    text_hash,
)
from sale_inspect.outcomes._text_tables import Dollars, TextRows, read_dollars, read_text_table, write_text_table
from sale_inspect.outcomes._values import score_number

__all__ = [
    "ANSWER_CAP",
    "COLUMNS",
    "SCHEMA_VERSION",
    "Basis",
    "Dollars",
    "Kind",
    "ListedPrice",
    "OnDuplicate",
    "OutcomeColumn",
    "OutcomeRow",
    "OutcomeTable",
    "PolicyOutcomes",
    "PriceList",
    "Pricing",
    "RunLeftOut",
    "Spent",
    "TextRows",
    "agent_order",
    "arrow_schema",
    "cap_answer",
    "clean",
    "from_arrow",
    "is_table_file",
    "join",
    "make_table",
    "named",
    "outcomes_summary",
    "policy_outcomes",
    "read_dollars",
    "read_outcomes",
    "read_parquet",
    "read_price_list",
    "read_text_table",
    "score_number",
    "splits",
    "text_hash",
    "to_arrow",
    "to_outcomes",
    "write_outcomes",
    "write_parquet",
    "write_text_table",
]
