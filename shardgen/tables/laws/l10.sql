-- L10: money adds up to the cent, item by item and order by order, at the products' prices and promotions.
-- needs: products, orders, clickstream; raw_data
WITH orders AS (
    SELECT order_id, order_date, raw_data, total_amount, shipping_address ->> 'country_code' AS country_code,
           (raw_data ->> 'subtotal')::numeric AS subtotal,
           (raw_data ->> 'discount_amount')::numeric AS discount_amount,
           (raw_data ->> 'shipping_cost')::numeric AS shipping_cost,
           (raw_data ->> 'tax_amount')::numeric AS tax_amount
    FROM raw_orders
), items AS (
    SELECT o.order_id, o.order_date, i.item, i.item ->> 'promotion' AS promotion, i.item ->> 'product_id' AS product_id,
           (i.item ->> 'quantity')::numeric AS quantity,
           (i.item ->> 'unit_price')::numeric AS unit_price,
           (i.item ->> 'discount_amount')::numeric AS discount_amount,
           (i.item ->> 'total_amount')::numeric AS total_amount
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
), reduced AS (
    -- likewise one percentage explains every discount of a promotion
    SELECT promotion, min(order_id) AS order_id, max((discount_amount - 0.005) * 100 / (quantity * unit_price)) AS least,
           min((discount_amount + 0.005) * 100 / (quantity * unit_price)) AS above,
           max(order_date) - min(order_date) AS lasts
    FROM items
    WHERE promotion IS NOT NULL AND quantity * unit_price > 0
    GROUP BY promotion
), sums AS (
    SELECT order_id, sum(total_amount) AS total_amount FROM items GROUP BY order_id
), taxed AS (
    -- one rate, in hundredths of a percent, explains every tax of a country: between these bounds it must lie;
    -- whole numbers are divided, whose quotient is exact where it is whole also in floating point
    SELECT country_code, order_id,
           (tax_amount - 0.005) * 1000000 / nullif((subtotal - discount_amount + shipping_cost) * 100, 0) AS least,
           (tax_amount + 0.005) * 1000000 / nullif((subtotal - discount_amount + shipping_cost) * 100, 0) AS above
    FROM orders
), rates AS (
    SELECT country_code, max(least) AS least, min(above) AS above
    FROM taxed
    GROUP BY country_code
), amounts AS (
    SELECT 'order' AS kind, order_id AS row_id, key, raw_data -> key AS amount
    FROM orders
    CROSS JOIN unnest(ARRAY['subtotal', 'discount_amount', 'shipping_cost', 'tax_amount']) AS key
    UNION ALL
    SELECT 'order', order_id, 'total_amount', raw_data -> 'total_amount' FROM orders WHERE raw_data ? 'total_amount'
    UNION ALL
    SELECT 'item of order', order_id, key, item -> key
    FROM items
    CROSS JOIN unnest(ARRAY['unit_price', 'discount_amount', 'total_amount']) AS key
    UNION ALL
    SELECT 'product', product_id, key, raw_data -> key
    FROM raw_products
    CROSS JOIN unnest(ARRAY['price', 'cost']) AS key
    WHERE raw_data ? key
    UNION ALL
    SELECT 'event', event_id::text, 'cart_value', raw_data -> 'cart_value'
    FROM raw_clickstream
    WHERE raw_data ? 'cart_value'
)
SELECT kind || ': ' || key || ' is no amount with two decimals' AS law_part, row_id, amount::text AS detail
FROM amounts
WHERE (jsonb_typeof(amount) = 'number' AND btrim(amount::text, '"') ~ '^[0-9]+[.][0-9]{2}$') IS NOT TRUE
UNION ALL
SELECT 'item total is not quantity x unit price - discount', order_id, item::text
FROM items
WHERE (total_amount = quantity * unit_price - discount_amount AND quantity >= 1 AND quantity = trunc(quantity)
       AND discount_amount BETWEEN 0 AND quantity * unit_price) IS NOT TRUE
UNION ALL
SELECT 'unit price is not the price of the product', i.order_id, i.product_id
FROM items AS i
LEFT JOIN raw_products AS p USING (product_id)
WHERE p.product_id IS NULL
   OR i.order_date >= (p.raw_data ->> 'price_since')::timestamp AND (i.unit_price = p.price) IS NOT TRUE
UNION ALL
SELECT 'price has changed before the launch or after the end', product_id, raw_data ->> 'price_since'
FROM raw_products
WHERE ((raw_data ->> 'price_since')::timestamp >= (raw_data ->> 'launched_at')::timestamp
       AND (raw_data ->> 'price_since')::timestamp < %(end)s::timestamp) IS NOT TRUE
UNION ALL
SELECT 'discount without a promotion', order_id, item::text
FROM items
WHERE promotion IS NULL AND discount_amount <> 0
UNION ALL
SELECT 'no percentage fits the lines of a promotion, or it lasts too long', order_id, concat_ws(' ', promotion, least, above, lasts)
FROM reduced
WHERE (ceil(least - 0.000001) < above AND lasts <= interval '12 days') IS NOT TRUE
UNION ALL
SELECT 'subtotal is not the sum of the items', o.order_id, o.subtotal || ' but ' || s.total_amount
FROM orders AS o
LEFT JOIN sums AS s USING (order_id)
WHERE (o.subtotal = s.total_amount) IS NOT TRUE
UNION ALL
SELECT 'order total is not subtotal - discount + shipping + tax', order_id, total_amount::text
FROM orders
WHERE (total_amount = subtotal - discount_amount + shipping_cost + tax_amount
       AND total_amount = coalesce((raw_data ->> 'total_amount')::numeric, total_amount)) IS NOT TRUE
UNION ALL
SELECT 'order discount is more than the subtotal', order_id, discount_amount::text
FROM orders
WHERE (discount_amount BETWEEN 0 AND subtotal AND shipping_cost >= 0 AND tax_amount >= 0) IS NOT TRUE
UNION ALL
SELECT 'no tax rate fits the orders of a country, as these two show', highest.order_id,
       concat_ws(' ', lowest.order_id, r.country_code, r.least, r.above)
FROM rates AS r
CROSS JOIN LATERAL (
    SELECT min(order_id) AS order_id FROM taxed AS t
    WHERE t.country_code IS NOT DISTINCT FROM r.country_code AND t.least = r.least
) AS highest
CROSS JOIN LATERAL (
    SELECT min(order_id) AS order_id FROM taxed AS t
    WHERE t.country_code IS NOT DISTINCT FROM r.country_code AND t.above = r.above
) AS lowest
WHERE (ceil(r.least) < r.above) IS NOT TRUE AND r.least IS NOT NULL
UNION ALL
SELECT 'cost is not between 0 and the price', product_id, cost || ' of ' || price
FROM raw_products
WHERE (0 < cost AND cost < price) IS NOT TRUE
UNION ALL
SELECT 'price or cost differ from the source record', product_id, raw_data ->> 'price'
FROM raw_products
WHERE price <> (raw_data ->> 'price')::numeric OR cost <> (raw_data ->> 'cost')::numeric
UNION ALL
SELECT 'more than one currency', min(product_id), currency
FROM raw_products
GROUP BY currency
HAVING currency IS NULL OR currency <> (SELECT mode() WITHIN GROUP (ORDER BY currency) FROM raw_products)
