-- parcels.L1: every order that has shipped is a parcel since then, and no other order is one.
-- needs: parcels, orders; raw_data
SELECT 'parcel and order disagree' AS law_part, coalesce(p.parcel_id, o.order_id) AS row_id,
       p.shipped_at || ' but ' || (o.raw_data ->> 'shipped_at') AS detail
FROM raw_parcels AS p
FULL JOIN (SELECT * FROM raw_orders WHERE raw_data ? 'shipped_at') AS o USING (order_id)
WHERE p.shipped_at IS DISTINCT FROM (o.raw_data ->> 'shipped_at')::timestamp
