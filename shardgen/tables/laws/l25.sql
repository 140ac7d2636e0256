-- L25: prices in orders and carts, and addresses that orders go home to, are those of the product's and customer's version of then.
-- needs: customers, products, orders, clickstream; raw_data; versions; along session
WITH prices AS MATERIALIZED (
    SELECT product_id, price, since, lead(since) OVER (PARTITION BY product_id ORDER BY since) AS until
    FROM (SELECT product_id, price, (raw_data ->> 'price_since')::timestamp AS since
          FROM raw_products_versions
          GROUP BY product_id, price, (raw_data ->> 'price_since')::timestamp) AS p
), homes AS MATERIALIZED (
    SELECT customer_id, address, since, lead(since) OVER (PARTITION BY customer_id ORDER BY since) AS until
    FROM (SELECT customer_id, address, (raw_data ->> 'address_since')::timestamp AS since
          FROM raw_customers_versions
          WHERE address IS NOT NULL
          GROUP BY customer_id, address, (raw_data ->> 'address_since')::timestamp) AS c
), items AS (
    SELECT o.order_id, o.order_date, i.item ->> 'product_id' AS product_id, (i.item ->> 'unit_price')::numeric AS unit_price
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), steps AS MATERIALIZED (
    SELECT event_id, session_id, event_timestamp, (raw_data ->> 'sequence_number')::integer AS sequence_number,
           raw_data ->> 'product_id' AS product_id, (raw_data ->> 'cart_value')::numeric AS cart_value,
           CASE event_type WHEN 'add_to_cart' THEN (raw_data ->> 'quantity')::integer
                           WHEN 'remove_from_cart' THEN -(raw_data ->> 'quantity')::integer END AS units
    FROM raw_clickstream
    WHERE raw_data ? 'cart_value'
), carts AS (
    SELECT s.event_id, s.session_id, s.cart_value,
           sum(coalesce(s.units * p.price, 0)) OVER (PARTITION BY s.session_id ORDER BY s.sequence_number
                                                     ROWS UNBOUNDED PRECEDING) AS running_value
    FROM steps AS s
    LEFT JOIN prices AS p
        ON p.product_id = s.product_id AND s.units IS NOT NULL AND s.event_timestamp >= p.since
       AND (p.until IS NULL OR s.event_timestamp < p.until)
), sent AS (
    SELECT o.order_id, o.customer_id, bool_or(o.shipping_address = h.address) AS known,
           bool_or(o.shipping_address = h.address AND o.order_date >= h.since
                   AND (h.until IS NULL OR o.order_date < h.until)) AS home
    FROM raw_orders AS o
    JOIN homes AS h ON h.customer_id = o.customer_id
    GROUP BY o.order_id, o.customer_id
)
SELECT 'product has two prices at one time' AS law_part, product_id AS row_id, since::text AS detail
FROM prices
WHERE since = until
UNION ALL
SELECT 'unit price is not the price of then', i.order_id, concat_ws(' ', i.product_id, i.unit_price, 'but', p.price)
FROM items AS i
LEFT JOIN prices AS p
    ON p.product_id = i.product_id AND i.order_date >= p.since AND (p.until IS NULL OR i.order_date < p.until)
WHERE (i.unit_price = p.price) IS NOT TRUE
UNION ALL
SELECT 'cart_value is not the running cart at the prices of then', event_id::text, concat_ws(' ', cart_value, 'but', running_value)
FROM carts
WHERE (cart_value = running_value) IS NOT TRUE
UNION ALL
SELECT 'order goes to a home of another time', order_id, customer_id
FROM sent
WHERE known AND NOT home
UNION ALL
SELECT 'share of orders to the home of then is not 85 percent', NULL, avg(home::integer)::text
FROM sent
HAVING count(*) >= 2000 AND count(DISTINCT customer_id) >= 200 AND avg(home::integer) NOT BETWEEN 0.82 AND 0.88
