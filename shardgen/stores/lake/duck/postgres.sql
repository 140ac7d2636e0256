-- Functions of PostgreSQL that laws, shapes and queries call, for DuckDB. Numbers of JSON with decimal places are strings
-- here (see views.py), so that they keep their places: they are numbers all the same.
SET integer_division = true;

CREATE MACRO jsonb_exists(object, key) AS (object {value} key) IS NOT NULL;
CREATE MACRO jsonb_exists_all(object, keys) AS list_bool_and(list_transform(keys, lambda key: (object {value} key) IS NOT NULL));
CREATE MACRO jsonb_array_length(array_) AS json_array_length(array_);
CREATE MACRO jsonb_typeof(value_) AS
    CASE
        WHEN json_type(value_) IN ('OBJECT', 'ARRAY', 'BOOLEAN', 'NULL') THEN lower(json_type(value_))
        WHEN json_type(value_) = 'VARCHAR' AND NOT (value_ ->> '$') ~ '^-?[0-9]+[.][0-9]+$' THEN 'string'
        WHEN json_type(value_) IS NOT NULL THEN 'number'
    END;
CREATE MACRO to_jsonb(value_) AS to_json(value_);
CREATE MACRO json_pairs(object) AS unnest(map_entries(from_json(object, '{"*": "VARCHAR"}')));

CREATE MACRO regexp_match(text_, pattern) AS
    CASE WHEN regexp_matches(text_, pattern) THEN [regexp_extract(text_, pattern)] END;
CREATE MACRO btrim(text_, letters := ' ') AS trim(text_, letters);
CREATE MACRO date_bin(width, moment, origin) AS time_bucket(width, moment, origin);

-- which hash it is does not matter, as they are only compared with each other
CREATE MACRO hashtextextended(text_, seed) AS CASE WHEN text_ IS NOT NULL THEN hash(text_) END;
CREATE MACRO jsonb_hash_extended(value_, seed) AS CASE WHEN value_ IS NOT NULL THEN hash(value_) END;
