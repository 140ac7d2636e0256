-- movements: stock movements by type.
-- needs: inventory 1
SELECT movement_type AS type, count(*) AS movements, sum(quantity) AS units
FROM raw_inventory
GROUP BY 1
ORDER BY 2 DESC, 1
