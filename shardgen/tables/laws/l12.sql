-- L12: views come before carts, carts before checkouts, searches before what they find, and carts become orders.
-- needs: products, orders, clickstream; raw_data; along session
WITH steps AS MATERIALIZED (
    SELECT c.event_id, c.session_id, c.event_timestamp, (c.raw_data ->> 'sequence_number')::integer AS sequence_number, c.event_type,
           c.raw_data ->> 'product_id' AS product_id,
           (c.raw_data ->> 'cart_value')::numeric AS cart_value,
           CASE c.event_type WHEN 'add_to_cart' THEN (c.raw_data ->> 'quantity')::integer
                             WHEN 'remove_from_cart' THEN -(c.raw_data ->> 'quantity')::integer END AS units
    FROM raw_clickstream AS c
    WHERE c.event_type IN ('add_to_cart', 'remove_from_cart', 'checkout_start', 'purchase') OR c.raw_data ? 'cart_value'
), carts AS (
    SELECT s.*, sum(coalesce(s.units, 0)) OVER w AS running_units,
           sum(coalesce(s.units * p.price, 0)) OVER w AS running_value,
           -- prices of before their last change are not told any more
           bool_and(coalesce(s.event_timestamp >= (p.raw_data ->> 'price_since')::timestamp, true)) OVER w AS priced
    FROM steps AS s
    LEFT JOIN raw_products AS p ON p.product_id = s.product_id AND s.units IS NOT NULL
    WINDOW w AS (PARTITION BY s.session_id ORDER BY s.sequence_number ROWS UNBOUNDED PRECEDING)
), held AS (
    SELECT event_id, session_id, sum(units) OVER w AS units
    FROM steps
    WHERE units IS NOT NULL
    WINDOW w AS (PARTITION BY session_id, product_id ORDER BY sequence_number ROWS UNBOUNDED PRECEDING)
), purchases AS (
    SELECT event_id, session_id, sequence_number FROM steps WHERE event_type = 'purchase'
), bought AS (
    SELECT p.session_id, s.product_id, sum(s.units) AS quantity
    FROM purchases AS p
    JOIN steps AS s ON s.session_id = p.session_id AND s.sequence_number < p.sequence_number
    WHERE s.units IS NOT NULL
    GROUP BY p.session_id, s.product_id
    HAVING sum(s.units) <> 0
), ordered AS (
    SELECT o.raw_data ->> 'session_id' AS session_id, o.order_id, i.item ->> 'product_id' AS product_id,
           (i.item ->> 'quantity')::integer AS quantity
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    WHERE o.raw_data ->> 'channel' = 'web'
), views AS (
    SELECT c.session_id, c.raw_data ->> 'product_id' AS product_id,
           min((c.raw_data ->> 'sequence_number')::integer) AS sequence_number
    FROM raw_clickstream AS c
    WHERE c.event_type = 'product_view'
      AND c.session_id IN (SELECT session_id FROM steps WHERE event_type = 'add_to_cart')
    GROUP BY 1, 2
), looks AS (
    SELECT event_id, event_type, raw_data ->> 'search_query' AS search_query,
           lead(event_type) OVER w AS next_type, lead(raw_data ->> 'product_id') OVER w AS product_id
    FROM raw_clickstream
    WHERE event_type IN ('search', 'product_view')
    WINDOW w AS (PARTITION BY session_id ORDER BY (raw_data ->> 'sequence_number')::integer)
), finds AS MATERIALIZED (
    SELECT search_query, product_id, next_type, min(event_id) AS event_id
    FROM looks
    WHERE event_type = 'search'
    GROUP BY search_query, product_id, next_type
)
SELECT 'product put into the cart before it was viewed' AS law_part, a.event_id::text AS row_id, a.session_id AS detail
FROM steps AS a
LEFT JOIN views AS v ON v.session_id = a.session_id AND v.product_id = a.product_id
WHERE a.event_type = 'add_to_cart' AND (v.sequence_number < a.sequence_number) IS NOT TRUE
UNION ALL
SELECT 'cart moves no units', event_id::text, session_id
FROM steps
WHERE event_type = 'add_to_cart' AND (units > 0) IS NOT TRUE
   OR event_type = 'remove_from_cart' AND (units < 0) IS NOT TRUE
UNION ALL
SELECT 'more is taken out of the cart than is in it', event_id::text, session_id
FROM held WHERE units < 0
UNION ALL
SELECT 'checkout or purchase with an empty cart', event_id::text, session_id
FROM carts WHERE event_type IN ('checkout_start', 'purchase') AND running_units <= 0
UNION ALL
SELECT 'cart_value is not the running cart', event_id::text, concat_ws(' ', cart_value, 'but', running_value)
FROM carts WHERE priced AND (cart_value = running_value) IS NOT TRUE
UNION ALL
SELECT 'cart at purchase is not the order', coalesce(b.session_id, o.session_id),
       concat_ws(' ', coalesce(b.product_id, o.product_id), coalesce(b.quantity, 0), 'but', coalesce(o.quantity, 0))
FROM bought AS b
FULL JOIN ordered AS o ON o.session_id = b.session_id AND o.product_id = b.product_id
WHERE (b.quantity = o.quantity) IS NOT TRUE
UNION ALL
SELECT 'purchase without a checkout before it', p.event_id::text, p.session_id
FROM purchases AS p
WHERE NOT EXISTS (SELECT 1 FROM steps AS c
                  WHERE c.session_id = p.session_id AND c.event_type = 'checkout_start'
                    AND c.sequence_number < p.sequence_number)
UNION ALL
SELECT 'search is not followed by a product', event_id::text, search_query
FROM finds
WHERE next_type IS DISTINCT FROM 'product_view' OR product_id IS NULL OR coalesce(btrim(search_query), '') = ''
UNION ALL
SELECT 'search does not fit the product that it finds', f.event_id::text, concat_ws(' ', f.search_query, f.product_id)
FROM finds AS f
JOIN raw_products AS p USING (product_id)
WHERE EXISTS (SELECT 1 FROM unnest(regexp_split_to_array(lower(f.search_query), '\s+')) AS word
              WHERE strpos(lower(concat_ws(' ', p.product_name, p.brand, p.subcategory)), word) = 0)
