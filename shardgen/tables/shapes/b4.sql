-- B4: things have seasons, opposite ones in the south, and new products take weeks to become known.
-- needs: products 2000, orders 50000; raw_data; 364 days
-- Three percent of the orders go south: 500 garden tools and pots, 250 things for the autumn. Chance moves their indices
-- by 0.13 and 0.14.
WITH sold AS MATERIALIZED (
    SELECT p.product_id, p.subcategory, p.category, extract(month FROM o.order_date) AS month, o.order_date,
           (o.shipping_address ->> 'latitude')::numeric < 0 AS south, (i.item ->> 'quantity')::integer AS units,
           (p.raw_data ->> 'launched_at')::timestamp AS launched_at
    FROM raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    JOIN raw_products AS p ON p.product_id = i.item ->> 'product_id'
), wanted AS (
    SELECT * FROM (VALUES
        (1, 'toys in December', ARRAY['Building Sets', 'Board Games', 'Plush Toys', 'Puzzles', 'Remote Control Cars'],
         ARRAY[12], NULL::boolean, 1.6),
        (2, 'garden tools and pots from April to June, north', ARRAY['Garden Tools', 'Plant Pots'], ARRAY[4, 5, 6], false, 1.5),
        (3, 'garden tools and pots from October to December, south', ARRAY['Garden Tools', 'Plant Pots'],
         ARRAY[10, 11, 12], true, 1.25),
        (4, 'bird feeders from November to January, north', ARRAY['Bird Feeders'], ARRAY[11, 12, 1], false, 1.15),
        (5, 'tents and sleeping bags from May to July, north', ARRAY['Tents', 'Sleeping Bags'], ARRAY[5, 6, 7], false, 1.4),
        (6, 'sweaters and boots from September to November, north', ARRAY['Sweaters', 'Boots'], ARRAY[9, 10, 11], false, 1.3),
        (7, 'sweaters, boots and jackets from March to May, south', ARRAY['Sweaters', 'Boots', 'Jackets'], ARRAY[3, 4, 5],
         true, 1.25)
    ) AS w (place, name, subcategories, months, south, least)
), launched AS (
    -- units of a product in its first two weeks and in a fortnight of the time from the second month on
    SELECT sum(units) FILTER (WHERE order_date < launched_at + interval '14 days')::numeric AS first,
           sum(units) FILTER (WHERE order_date >= launched_at + interval '45 days'
                                AND order_date < launched_at + interval '115 days') / 5.0 AS later
    FROM sold
    WHERE launched_at >= %(epoch)s::timestamp AND launched_at < %(end)s::timestamp - interval '115 days'
), figures AS (
    SELECT w.place, 'index of ' || w.name AS name,
           (sum(s.units) FILTER (WHERE s.month = ANY (w.months) AND s.subcategory = ANY (w.subcategories))::numeric
            / nullif(sum(s.units) FILTER (WHERE s.month = ANY (w.months)), 0))
           / (sum(s.units) FILTER (WHERE s.subcategory = ANY (w.subcategories))::numeric / nullif(sum(s.units), 0))
               AS value,
           w.least AS low, NULL::numeric AS high
    FROM wanted AS w
    JOIN sold AS s ON s.south = w.south OR w.south IS NULL
    GROUP BY w.place, w.name, w.least
    UNION ALL
    SELECT 8, 'units of a new product in its first fortnight, over a later one', first / nullif(later, 0), 0, 0.7
    FROM launched
)
SELECT name, value, low, high
FROM figures
ORDER BY place
