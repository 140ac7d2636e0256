-- L19: a review says nothing that its order contradicts: how long ago it came, where, when and at which price it was bought.
-- needs: customers, orders, reviews; raw_data
WITH spans (phrase, days) AS (
    -- what is said of a time since the delivery, and how many days that takes
    VALUES ('thinking it over', 1), ('sleeping on it', 1), ('plenty of thought', 1), ('the first day', 1),
           ('a short while', 1), ('day one', 1), ('first night', 1), ('rainy night', 1), ('first wash', 1),
           ('second day', 2), ('a couple of days', 2), ('two days', 2), ('a few days', 3), ('first few days', 3),
           ('some days', 3), ('three days', 3), ('within days', 3), ('initial curiosity', 3), ('several days', 5),
           ('to know it better', 5), ('first week', 7), ('within a week', 7), ('after a week', 7), ('a week or so', 7),
           ('busy week', 7), ('quiet week', 7), ('entire week', 7), ('all week', 7), ('a good week', 8),
           ('ten days', 10), ('after a while', 10), ('two weeks', 14), ('a week or two', 14), ('after some time', 14),
           ('novelty wore off', 14), ('within weeks', 14), ('for weeks', 14), ('three weeks', 21),
           ('several weeks', 28), ('within a month', 31), ('after a month', 31), ('first month', 31),
           ('in a month', 31), ('for a month', 31), ('month of', 31), ('a month or so', 31), ('more than a month', 35),
           ('six weeks', 42), ('two months', 54), ('three months', 60), ('for months', 60), ('months later', 60),
           ('half a year', 180), ('after a year', 365), ('a year of', 365), ('years later', 365), ('seasons of', 365)
), places (phrase, channels) AS (
    -- what is said of where it was bought, and the channels of which it can be true
    VALUES ('on the train home', ARRAY['web', 'app', 'marketplace']), ('late one evening', ARRAY['web', 'app', 'marketplace']),
           ('from the sofa', ARRAY['web', 'app', 'marketplace']), ('other reviews', ARRAY['web', 'app', 'marketplace']),
           ('first coffee of the day', ARRAY['web', 'app', 'marketplace']),
           ('questions and answers', ARRAY['web', 'app', 'marketplace']),
           ('in the middle of the night', ARRAY['web', 'app', 'marketplace']),
           ('bigger order', ARRAY['web', 'app', 'marketplace', 'phone']), ('parcel', ARRAY['web', 'app', 'marketplace', 'phone']),
           ('delivery', ARRAY['web', 'app', 'marketplace', 'phone']), ('to arrive', ARRAY['web', 'app', 'marketplace', 'phone']),
           ('ordered', ARRAY['web', 'app', 'marketplace', 'phone']), ('unpacked', ARRAY['web', 'app', 'marketplace', 'phone']),
           ('the shop around the corner', ARRAY['store']), ('through the store', ARRAY['store']),
           ('counter of the store', ARRAY['store']), ('sales assistant', ARRAY['store']),
           ('holding it in my hands', ARRAY['store']), ('over the phone', ARRAY['phone']),
           ('friendly call', ARRAY['phone'])
), clocks (phrase, first_hour, last_hour, weekdays) AS (
    -- hours and ISO weekdays by the buyer's clock
    VALUES ('on the train home', 16, 18, '12345'), ('way home from work', 16, 18, '12345'),
           ('during my lunch break', 11, 13, '12345'), ('late one evening', 21, 23, '1234567'),
           ('in the middle of the night', 0, 5, '1234567'), ('first coffee of the day', 6, 10, '1234567'),
           ('after dinner', 19, 20, '1234567'), ('on the weekend', 0, 23, '67'), ('lazy weekend', 0, 23, '67'),
           ('before the weekend', 0, 23, '345'), ('start of the week', 0, 23, '12')
), seasons (phrase, north, south) AS (
    -- months in which it can be said
    VALUES ('snow', '-11-12-1-2-3-', '-5-6-7-8-9-'), ('winter', '-11-12-1-2-3-', '-5-6-7-8-9-'),
           ('frost', '-11-12-1-2-3-', '-5-6-7-8-9-'), ('gloves on', '-11-12-1-2-3-', '-5-6-7-8-9-'),
           ('in summer', '-5-6-7-8-9-', '-11-12-1-2-3-'),
           ('in the heat', '-5-6-7-8-9-', '-11-12-1-2-3-')
), told AS MATERIALIZED (
    -- names of things (a winter boot, an after dinner tea) say nothing of the purchase
    SELECT r.review_id, r.rating, r.review_date, o.raw_data ->> 'channel' AS channel,
           replace(replace(replace(lower(r.review_title || '. ' || r.review_text), 'winter boot', 'boot'),
                           'summer dress', 'dress'), 'summer sandal', 'sandal') AS body,
           extract(epoch FROM r.review_date - (o.raw_data ->> 'delivered_at')::timestamp) / 86400 AS days,
           (i.item ->> 'discount_amount')::numeric > 0 AS discounted,
           (i.item ->> 'returned_quantity')::integer > 0
               AND (o.raw_data ->> 'returned_at')::timestamp <= r.review_date AS sent_back,
           (coalesce(c.address, o.shipping_address) ->> 'latitude')::numeric < 0 AS southern,
           o.order_date AT TIME ZONE 'UTC' AT TIME ZONE (coalesce(c.address, o.shipping_address) ->> 'timezone') AS clock,
           c.address IS NOT NULL AS known
    FROM raw_reviews AS r
    JOIN raw_orders AS o ON o.order_id = r.raw_data ->> 'order_id'
    JOIN raw_customers AS c ON c.customer_id = r.customer_id
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
    WHERE i.item ->> 'product_id' = r.product_id
)
SELECT 'a longer time than has passed' AS law_part, t.review_id, s.phrase || ' after ' || round(t.days, 1) || ' days' AS detail
FROM told AS t
JOIN spans AS s ON strpos(t.body, s.phrase) > 0
WHERE t.days < s.days AND strpos(t.body, 'weeks of thinking about it') = 0
UNION ALL
SELECT 'another place than that of the purchase', t.review_id, p.phrase || ' of an order by ' || t.channel
FROM told AS t
JOIN places AS p ON strpos(t.body, p.phrase) > 0
WHERE t.channel <> ALL (p.channels)
UNION ALL
SELECT 'another time of day or week than that of the purchase', t.review_id, c.phrase || ' at ' || t.clock
FROM told AS t
JOIN clocks AS c ON strpos(t.body, c.phrase) > 0
WHERE t.known AND (extract(hour FROM t.clock) NOT BETWEEN c.first_hour AND c.last_hour
                   OR strpos(c.weekdays, extract(isodow FROM t.clock)::text) = 0)
UNION ALL
SELECT 'another season than that of the review', t.review_id, s.phrase || ' on ' || t.review_date
FROM told AS t
JOIN seasons AS s ON strpos(t.body, s.phrase) > 0
WHERE strpos(CASE WHEN t.southern THEN s.south ELSE s.north END, '-' || extract(month FROM t.review_date) || '-') = 0
UNION ALL
SELECT 'another price than that of the purchase', review_id, channel
FROM told
WHERE discounted AND (strpos(body, 'at full price') > 0 OR strpos(body, 'without waiting for a sale') > 0)
   OR NOT discounted AND (strpos(body, 'in a sale') > 0 OR strpos(body, 'reduced price') > 0
                          OR strpos(body, 'marked down') > 0 OR strpos(body, 'price had come down') > 0)
UNION ALL
SELECT 'praise of what was sent back', review_id, rating::text
FROM told
WHERE sent_back AND rating >= 4
UNION ALL
SELECT 'a return that there was not', review_id, body
FROM told
WHERE sent_back IS NOT TRUE
  AND (strpos(body, 'sent it back') > 0 OR strpos(body, 'it went back') > 0 OR strpos(body, 'back in its box') > 0
       OR strpos(body, 'i returned') > 0 OR strpos(body, 'returned it') > 0 OR strpos(body, 'for a refund') > 0)
