-- loyalty: the share of all orders that the keenest buyers place, percent by percent of all buyers.
-- needs: orders 1
WITH buyers AS (
    SELECT customer_id, count(*) AS orders FROM raw_orders GROUP BY customer_id
), ranked AS (
    SELECT sum(orders) OVER upto AS orders, sum(orders) OVER () AS total, row_number() OVER upto AS place,
           count(*) OVER () AS number
    FROM buyers
    WINDOW upto AS (ORDER BY orders DESC, customer_id ROWS UNBOUNDED PRECEDING)
)
SELECT ceil(100.0 * place / number)::integer AS percent, max(100.0 * orders / total) AS share
FROM ranked
GROUP BY 1
ORDER BY 1
