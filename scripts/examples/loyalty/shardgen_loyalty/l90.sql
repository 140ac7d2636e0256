-- L90: nobody is of a tier without its points.
-- needs: customers
SELECT 'tier and points disagree' AS law_part, customer_id AS row_id, tier || ' with ' || points AS detail
FROM raw_customers
WHERE tier <> CASE WHEN points >= 5000 THEN 'gold' WHEN points >= 1000 THEN 'silver' ELSE 'basic' END
