-- S11: records change: people move, prices too, the catalogue is put right, some leave, and some write their review anew.
-- needs: customers 5000, products 2000, reviews 10000; raw_data; 365 days
WITH people AS (
    -- who was there a year before the window's end
    SELECT (raw_data ->> 'erased_at')::timestamp AS erased_at, registration_date,
           (raw_data ->> 'address_since')::timestamp AS address_since
    FROM raw_customers
    WHERE registration_date < %(end)s::timestamp - interval '365 days'
), things AS (
    SELECT (raw_data ->> 'launched_at')::timestamp AS launched_at, (raw_data ->> 'price_since')::timestamp AS price_since,
           (raw_data ->> 'corrected_at')::timestamp AS corrected_at,
           (raw_data ->> 'discontinued_at')::timestamp AS discontinued_at
    FROM raw_products
    WHERE (raw_data ->> 'launched_at')::timestamp < %(end)s::timestamp - interval '365 days'
)
SELECT 'percent of customers who moved within the last year' AS name,
       100.0 * avg((address_since >= %(end)s::timestamp - interval '365 days')::integer) AS value, 6 AS low, 12 AS high
FROM people
WHERE erased_at IS NULL
UNION ALL
SELECT 'percent of customers who were erased within the last year',
       100.0 * avg((coalesce(erased_at >= %(end)s::timestamp - interval '365 days', false))::integer), 0.05, 0.9
FROM people
UNION ALL
SELECT 'percent of products whose price changed within the last year',
       100.0 * avg((price_since >= %(end)s::timestamp - interval '365 days')::integer), 30, 70
FROM things
WHERE discontinued_at IS NULL
UNION ALL
SELECT 'percent of products that were put right within the last year',
       100.0 * avg((coalesce(corrected_at >= %(end)s::timestamp - interval '365 days', false))::integer), 4, 16
FROM things
UNION ALL
SELECT 'percent of products that were discontinued within the last year',
       100.0 * avg((coalesce(discontinued_at >= %(end)s::timestamp - interval '365 days', false))::integer), 6, 16
FROM things
UNION ALL
SELECT 'percent of reviews that were written anew', 100.0 * avg((raw_data ? 'edited_at')::integer), 1.5, 3.5
FROM raw_reviews
