-- split orders: how many orders have shipped, and how many of them in parts, from two warehouses.
-- needs: orders 1; raw_data
SELECT count(*) AS shipped, count(*) FILTER (WHERE raw_data ? 'shipments') AS split
FROM raw_orders
WHERE raw_data ? 'shipped_at'
