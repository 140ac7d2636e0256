-- L1: every id is unique by itself, numbers are dense in order of arrival, and a child's number follows its parent's.
-- needs: customers, products, orders, inventory, reviews, sessions, clickstream; raw_data
WITH numbered AS (
    SELECT 'customer' AS kind, customer_id AS id, 'CUST' AS prefix, 8 AS width, registration_date AS arrival
    FROM raw_customers
    UNION ALL
    SELECT 'product', product_id, 'PROD', 8, (raw_data ->> 'launched_at')::timestamp
    FROM raw_products
    UNION ALL
    -- a web order arrives with its session
    SELECT 'order', o.order_id, 'ORD', 10, coalesce(s.start_time, o.order_date)
    FROM raw_orders AS o
    LEFT JOIN raw_sessions AS s ON s.session_id = o.raw_data ->> 'session_id'
    UNION ALL
    SELECT 'session', session_id, 'SESS', 12, start_time
    FROM raw_sessions
), parsed AS (
    SELECT kind, id, prefix, width, arrival,
           CASE WHEN id ~ ('^' || prefix || '[0-9]{1,18}$') THEN substr(id, length(prefix) + 1)::bigint END AS number
    FROM numbered
), in_order AS (
    SELECT *, lag(number) OVER w AS previous, lag(arrival) OVER w AS earlier, lag(id) OVER w AS earlier_id
    FROM parsed
    WINDOW w AS (PARTITION BY kind ORDER BY number)
), items AS (
    SELECT o.order_id, substr(o.order_id, 4)::bigint AS order_number, i.position, i.item ->> 'product_id' AS product_id
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') WITH ORDINALITY AS i (item, position)
    WHERE o.order_id ~ '^ORD[0-9]{1,18}$'
), item_movements AS (
    -- OUT and RETURN are numbered by item: what is left over is the same for all of them
    SELECT m.inventory_id, m.reference_number,
           m.inventory_id - ((i.order_number - 1) * 8 + i.position - 1) * 2
               - CASE m.movement_type WHEN 'RETURN' THEN 1 ELSE 0 END AS base
    FROM raw_inventory AS m
    JOIN items AS i ON i.order_id = m.reference_number AND i.product_id = m.product_id
    WHERE m.movement_type IN ('OUT', 'RETURN')
), cell_movements AS (
    -- all others by period, product, warehouse and kind
    SELECT inventory_id, movement_date, inventory_id / 8 %% %(warehouses)s::integer + 1 AS warehouse,
           inventory_id / 8 / %(warehouses)s::integer - substr(product_id, 5)::bigint + 1 AS period,
           CASE movement_type WHEN 'IN' THEN inventory_id %% 8 IN (0, 5)
                              WHEN 'ADJUSTMENT' THEN inventory_id %% 8 IN (0, 1, 4, 6, 7)
                              ELSE inventory_id %% 8 = CASE WHEN quantity < 0 THEN 2 ELSE 3 END END
               AND inventory_id / 8 %% %(warehouses)s::integer + 1 = substr(warehouse_id, 3)::bigint AS fits
    FROM raw_inventory
    WHERE movement_type NOT IN ('OUT', 'RETURN')
      AND product_id ~ '^PROD[0-9]{1,18}$' AND warehouse_id ~ '^WH[0-9]{1,18}$'
      AND product_id IN (SELECT product_id FROM raw_products)  -- others have no period, and are no matter of this law
), cell_periods AS (
    SELECT period, first_id, first, lag(first) OVER w AS first_of_previous, lag(last) OVER w AS last_of_previous,
           lag(last_id) OVER w AS last_id_of_previous
    FROM (
        SELECT period, min(movement_date) AS first, max(movement_date) AS last,
               (array_agg(inventory_id ORDER BY movement_date))[1] AS first_id,
               (array_agg(inventory_id ORDER BY movement_date DESC))[1] AS last_id
        FROM cell_movements
        GROUP BY period
    ) AS p
    WINDOW w AS (ORDER BY period)
)
SELECT kind || ': id is not its number' AS law_part, id, number::text AS detail
FROM in_order
WHERE number IS NULL OR id <> prefix || lpad(number::text, greatest(width, length(number::text))::integer, '0')
UNION ALL
SELECT kind || ': numbers are not dense', id, 'after ' || coalesce(previous, 0)
FROM in_order
WHERE number <> coalesce(previous, 0) + 1
UNION ALL
SELECT kind || ': numbers are not in order of arrival', id, concat_ws(' ', arrival, 'after', earlier, 'of', earlier_id)
FROM in_order
WHERE arrival IS NULL OR arrival < earlier
UNION ALL
SELECT 'customer: id is not unique', customer_id, count(*)::text
FROM raw_customers GROUP BY customer_id HAVING count(*) > 1
UNION ALL
SELECT 'product: id is not unique', product_id, count(*)::text
FROM raw_products GROUP BY product_id HAVING count(*) > 1
UNION ALL
SELECT 'order: id is not unique', order_id, count(*)::text
FROM raw_orders GROUP BY order_id HAVING count(*) > 1
UNION ALL
SELECT 'session: id is not unique', session_id, count(*)::text
FROM raw_sessions GROUP BY session_id HAVING count(*) > 1
UNION ALL
SELECT 'review: id is not unique', review_id, count(*)::text
FROM raw_reviews GROUP BY review_id HAVING count(*) > 1
UNION ALL
SELECT 'movement: id is not unique', inventory_id::text, count(*)::text
FROM raw_inventory GROUP BY inventory_id HAVING count(*) > 1
UNION ALL
SELECT 'event: id is not unique', event_id::text, NULL
FROM (SELECT event_id, lag(event_id) OVER (ORDER BY event_id) AS previous FROM raw_clickstream) AS e
WHERE event_id = previous
UNION ALL
SELECT 'customer: e-mail is not unique', min(customer_id), lower(email)
FROM raw_customers WHERE email IS NOT NULL GROUP BY lower(email) HAVING count(*) > 1
UNION ALL
SELECT 'product: SKU is missing or not unique', min(product_id), sku
FROM raw_products GROUP BY sku HAVING count(*) > 1 OR sku IS NULL
UNION ALL
SELECT 'review: number does not follow its item', r.review_id, r.raw_data ->> 'order_id'
FROM raw_reviews AS r
LEFT JOIN items AS i ON i.order_id = r.raw_data ->> 'order_id' AND i.product_id = r.product_id
WHERE r.review_id IS DISTINCT FROM 'REV' || lpad(((i.order_number - 1) * 8 + i.position)::text,
          greatest(10, length(((i.order_number - 1) * 8 + i.position)::text))::integer, '0')
UNION ALL
SELECT 'event: number does not follow its session', event_id::text, session_id
FROM raw_clickstream
WHERE session_id <> 'SESS' || lpad((event_id / 64 + 1)::text,
                                   greatest(12, length((event_id / 64 + 1)::text))::integer, '0')
   OR raw_data ->> 'sequence_number' IS DISTINCT FROM (event_id %% 64)::text
UNION ALL
SELECT 'movement: number does not follow its item', inventory_id::text, reference_number
FROM item_movements
WHERE base <> (SELECT mode() WITHIN GROUP (ORDER BY base) FROM item_movements)
UNION ALL
SELECT 'movement: number does not follow its warehouse and kind', inventory_id::text, NULL
FROM cell_movements
WHERE NOT fits
UNION ALL
SELECT 'movement: number does not follow its period', first_id::text,
       first || ' not after ' || last_of_previous || ' of movement #' || last_id_of_previous  -- either may be wrong
FROM cell_periods
WHERE first < last_of_previous  -- a month in which the horizon ends has two periods, the second its last days
  AND (first < first_of_previous OR date_trunc('month', first) < date_trunc('month', last_of_previous))
