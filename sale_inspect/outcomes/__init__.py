"""Tables of outcomes: what agents and policies did on tasks, from any logs or files. Pure."""

from sale_inspect.outcomes._columns import COLUMNS, SCHEMA_VERSION, OutcomeColumn
from sale_inspect.outcomes._duplicates import NAMED_AT_MOST, OnDuplicate, named
from sale_inspect.outcomes._files import holds_outcomes, is_table_file, read_lined_up, read_outcomes, write_outcomes
from sale_inspect.outcomes._join import join
from sale_inspect.outcomes._layouts import Form
from sale_inspect.outcomes._matrix import PolicyOutcomes, agent_order, policy_outcomes, splits, to_outcomes
from sale_inspect.outcomes._names import in_pool, read_renames, renamed
from sale_inspect.outcomes._parquet import arrow_schema, from_arrow, read_parquet, to_arrow, write_parquet
from sale_inspect.outcomes._prices import ListedPrice, PriceList, read_price_list
from sale_inspect.outcomes._readable import texts_fault
from sale_inspect.outcomes._row import (
    ANSWER_CAP,
    Basis,
    Kind,
    OutcomeRow,
    cap_answer,
    clean,
    text_hash,
)
from sale_inspect.outcomes._spending import Known, Pricing, Spent
from sale_inspect.outcomes._summary import outcomes_summary
from sale_inspect.outcomes._table import OutcomeTable, make_table, stacked, table_of
from sale_inspect.outcomes._text_tables import Dollars, read_dollars, read_text_table, write_text_table
from sale_inspect.outcomes._values import score_number
from sale_inspect.outcomes._where import Condition, condition, kept

__all__ = [
    "ANSWER_CAP",
    "COLUMNS",
    "NAMED_AT_MOST",
    "SCHEMA_VERSION",
    "Basis",
    "Condition",
    "Dollars",
    "Form",
    "Kind",
    "Known",
    "ListedPrice",
    "OnDuplicate",
    "OutcomeColumn",
    "OutcomeRow",
    "OutcomeTable",
    "PolicyOutcomes",
    "PriceList",
    "Pricing",
    "Spent",
    "agent_order",
    "arrow_schema",
    "cap_answer",
    "clean",
    "condition",
    "from_arrow",
    "holds_outcomes",
    "in_pool",
    "is_table_file",
    "join",
    "kept",
    "make_table",
    "named",
    "outcomes_summary",
    "policy_outcomes",
    "read_dollars",
    "read_lined_up",
    "read_outcomes",
    "read_parquet",
    "read_price_list",
    "read_renames",
    "read_text_table",
    "renamed",
    "score_number",
    "splits",
    "stacked",
    "table_of",
    "text_hash",
    "texts_fault",
    "to_arrow",
    "to_outcomes",
    "write_outcomes",
    "write_parquet",
    "write_text_table",
]
