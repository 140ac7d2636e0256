"""How a column of values is made, whatever the table: values, texts, JSON, pools of words, and batches of rows."""
