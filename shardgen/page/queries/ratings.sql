-- ratings: reviews by stars.
-- needs: reviews 1
SELECT rating, count(*) AS reviews, coalesce(sum(helpful_count), 0) AS votes
FROM raw_reviews
WHERE rating IS NOT NULL
GROUP BY 1
ORDER BY 1 DESC
