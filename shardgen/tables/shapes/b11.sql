-- B11: things run out: a few percent of the shelves are empty, and then orders wait, ship in parts or are cancelled.
-- needs: orders 20000, inventory 100000; raw_data; 180 days
WITH moved AS (
    SELECT product_id, warehouse_id, movement_date::date AS day, sum(quantity) AS quantity
    FROM raw_inventory
    GROUP BY product_id, warehouse_id, movement_date::date
), levels AS (
    -- what lies there when a day ends, until something moves again
    SELECT product_id, warehouse_id, day, sum(quantity) OVER w AS level,
           coalesce(lead(day) OVER w, %(end)s::date) AS until
    FROM moved
    WINDOW w AS (PARTITION BY product_id, warehouse_id ORDER BY day)
), gaps AS (
    SELECT product_id, warehouse_id, day, until FROM levels WHERE level = 0 AND until - day >= 2
), placed AS (
    SELECT order_id, order_date, status, raw_data ->> 'warehouse_id' AS warehouse_id, raw_data -> 'items' AS items,
           raw_data ? 'shipments' AS in_parts, raw_data ->> 'channel' AS channel,
           (raw_data ->> 'shipped_at')::timestamp AS shipped_at, (raw_data ->> 'delivered_at')::timestamp AS delivered_at,
           shipping_address ->> 'country_code' AS country, shipping_address ->> 'timezone' AS timezone
    FROM raw_orders
    WHERE order_date < %(end)s::timestamp - interval '31 days'
), lines AS (
    SELECT o.order_id, o.order_date, o.status, o.warehouse_id, o.in_parts, o.shipped_at, i.item ->> 'product_id' AS product_id
    FROM placed AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.items) AS i (item)
    WHERE o.channel <> 'store'
), met AS (
    -- whether something that was ordered was out of stock on the next day, where it is due from
    SELECT l.order_id, min(l.status) AS status, bool_or(g.product_id IS NOT NULL) AS out_of_stock,
           bool_or(l.in_parts) AS in_parts, min(l.shipped_at - l.order_date) AS waited
    FROM lines AS l
    LEFT JOIN gaps AS g
        ON g.product_id = l.product_id AND g.warehouse_id = l.warehouse_id
       AND l.order_date::date + 1 >= g.day AND l.order_date::date + 1 < g.until
    GROUP BY l.order_id
), shares AS (
    SELECT avg((status = 'cancelled')::integer) FILTER (WHERE out_of_stock) AS cancelled_then,
           avg((status = 'cancelled')::integer) FILTER (WHERE NOT out_of_stock) AS cancelled_else,
           avg((waited > interval '4 days')::integer) FILTER (WHERE out_of_stock) AS waited_then,
           avg((waited > interval '4 days')::integer) FILTER (WHERE NOT out_of_stock) AS waited_else,
           avg(in_parts::integer) AS in_parts
    FROM met
), ways AS (
    SELECT warehouse_id, country, count(*) AS parcels, avg(extract(epoch FROM delivered_at - shipped_at)) / 3600 AS hours
    FROM placed
    WHERE channel <> 'store' AND delivered_at IS NOT NULL AND NOT in_parts
    GROUP BY warehouse_id, country
), ranked AS (
    SELECT parcels, hours, row_number() OVER (PARTITION BY warehouse_id ORDER BY parcels DESC) AS place
    FROM ways
), days AS (
    SELECT extract(isodow FROM delivered_at AT TIME ZONE 'UTC' AT TIME ZONE timezone) AS weekday
    FROM placed
    WHERE channel <> 'store' AND delivered_at IS NOT NULL
)
SELECT 'percent of product-warehouse days that are out of stock' AS name,
       100 * sum(until - day) FILTER (WHERE level = 0) / nullif(sum(until - day)::numeric, 0) AS value, 1 AS low, 4 AS high
FROM levels
WHERE day >= %(epoch)s::date
UNION ALL
SELECT 'percent of orders that ship from two warehouses', 100 * in_parts, 1, 6 FROM shares
UNION ALL
SELECT 'how many times as many wait four days for what is out of stock', waited_then / nullif(waited_else, 0), 2, NULL FROM shares
UNION ALL
SELECT 'how many times as many are cancelled when something is out of stock', cancelled_then / nullif(cancelled_else, 0), 1.5, NULL FROM shares
UNION ALL
SELECT 'hours on the way to other countries, over those to the country that a warehouse mostly ships to',
       sum(parcels * hours) FILTER (WHERE place > 1) / nullif(sum(parcels) FILTER (WHERE place > 1), 0)
           / nullif(sum(parcels * hours) FILTER (WHERE place = 1) / nullif(sum(parcels) FILTER (WHERE place = 1), 0), 0),
       1.3, 3
FROM ranked
UNION ALL
SELECT 'percent of parcels that are delivered on a Sunday', 100 * avg((weekday = 7)::integer), 0, 0.5
FROM days
