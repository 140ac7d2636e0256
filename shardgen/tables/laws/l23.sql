-- L23: what never changes of a record is the same in all its versions: whose it is, when it came to be, what was bought and for how much.
-- needs: customers, products, orders, reviews; raw_data; versions
WITH customers AS (
    SELECT customer_id AS row_id, f.what, f.value
    FROM raw_customers_versions AS c
    CROSS JOIN LATERAL (VALUES
        ('registration_date', c.registration_date::text), ('source_system', c.source_system),
        -- null from the erasure on
        ('date_of_birth', coalesce(c.date_of_birth::text, '')), ('gender', coalesce(c.gender, '')),
        ('first_name', coalesce(c.first_name, ''))
    ) AS f (what, value)
), products AS (
    SELECT product_id AS row_id, f.what, coalesce(f.value, '') AS value
    FROM raw_products_versions AS p
    CROSS JOIN LATERAL (VALUES
        ('launched_at', p.raw_data ->> 'launched_at'), ('product_name', p.product_name), ('category', p.category),
        ('subcategory', p.subcategory), ('brand', p.brand), ('sku', p.sku), ('supplier_id', p.supplier_id),
        ('cost', p.cost::text), ('currency', p.currency), ('source_system', p.source_system)
    ) AS f (what, value)
), orders AS (
    SELECT order_id AS row_id, f.what, coalesce(f.value, '') AS value
    FROM raw_orders_versions AS o
    CROSS JOIN LATERAL (
        SELECT string_agg(concat_ws(' ', item ->> 'product_id', item ->> 'quantity', item ->> 'unit_price',
                                    item ->> 'discount_amount', item ->> 'promotion'), ', ') AS items
        FROM jsonb_array_elements(o.raw_data -> 'items') AS item
    ) AS i
    CROSS JOIN LATERAL (VALUES
        ('customer_id', o.customer_id), ('order_date', o.order_date::text), ('items', i.items),
        ('shipping_address', o.shipping_address::text), ('total_amount', o.total_amount::text),
        ('amounts', concat_ws(' ', o.raw_data ->> 'subtotal', o.raw_data ->> 'discount_amount',
                              o.raw_data ->> 'shipping_cost', o.raw_data ->> 'tax_amount')),
        ('channel', o.raw_data ->> 'channel'), ('session_id', o.raw_data ->> 'session_id'),
        ('payment_method', o.raw_data ->> 'payment_method'), ('warehouse_id', o.raw_data ->> 'warehouse_id'),
        ('source_system', o.source_system)
    ) AS f (what, value)
), reviews AS (
    SELECT review_id AS row_id, f.what, coalesce(f.value, '') AS value
    FROM raw_reviews_versions AS r
    CROSS JOIN LATERAL (VALUES
        ('customer_id', r.customer_id), ('product_id', r.product_id), ('order_id', r.raw_data ->> 'order_id'),
        ('review_date', r.review_date::text), ('rating', r.rating::text),
        ('verified_purchase', r.verified_purchase::text), ('source_system', r.source_system)
    ) AS f (what, value)
)
SELECT 'customer: ' || what || ' has changed' AS law_part, row_id, min(nullif(value, '')) || ' and ' || max(value) AS detail
FROM customers
GROUP BY row_id, what
HAVING min(nullif(value, '')) <> max(value)
UNION ALL
SELECT 'product: ' || what || ' has changed', row_id, min(value) || ' and ' || max(value)
FROM products
GROUP BY row_id, what
HAVING min(value) <> max(value)
UNION ALL
SELECT 'order: ' || what || ' has changed', row_id, min(value) || ' and ' || max(value)
FROM orders
GROUP BY row_id, what
HAVING min(value) <> max(value)
UNION ALL
SELECT 'review: ' || what || ' has changed', row_id, min(value) || ' and ' || max(value)
FROM reviews
GROUP BY row_id, what
HAVING min(value) <> max(value)
