-- catalogue: the products as a whole.
-- needs: products 1
SELECT count(*) AS products, count(DISTINCT category) AS categories, count(DISTINCT brand) AS brands, min(currency) AS currency,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS median
FROM raw_products
