-- S9: reviews are not copies of each other: texts differ beyond the product that they name, and no sentence is worn out.
-- needs: products, reviews 2000
WITH named AS MATERIALIZED (
    -- in order of their patterns, of which the server keeps only the last few compiled
    SELECT r.review_id, lower(r.review_text) AS body, lower(p.product_name) AS product, lower(p.brand) AS brand,
           coalesce(n.pattern, '#') AS pattern
    FROM raw_reviews AS r
    JOIN raw_products AS p USING (product_id)
    LEFT JOIN (SELECT unnest(%(kinds)s::text[]), unnest(%(nouns)s::text[])) AS n (kind, pattern)
        ON n.kind = p.subcategory
    ORDER BY p.subcategory
), texts AS MATERIALIZED (
    SELECT review_id, body, regexp_replace(replace(replace(body, product, '#'), brand, '#'), pattern, '#', 'g') AS bare
    FROM named
), sentences AS (
    SELECT count(DISTINCT t.review_id) AS reviews
    FROM texts AS t
    -- parted at the spaces that follow the end of a sentence
    CROSS JOIN LATERAL unnest(string_to_array(regexp_replace(t.bare, '([.!?]) ', '\1' || chr(10), 'g'), chr(10)))
        AS s (sentence)
    GROUP BY s.sentence
)
SELECT 'percent of texts that are unique' AS name, 100.0 * count(DISTINCT body) / nullif(count(*), 0) AS value, 60 AS low,
       100 AS high
FROM texts
UNION ALL
SELECT 'percent that are unique without product, brand and noun', 100.0 * count(DISTINCT bare) / nullif(count(*), 0), 60, 100
FROM texts
UNION ALL
SELECT 'percent of reviews that hold the commonest sentence', 100.0 * max(reviews) / (SELECT count(*) FROM texts), 0, 1
FROM sentences
