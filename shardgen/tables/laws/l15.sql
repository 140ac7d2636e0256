-- L15: the parts of an address go together, names suit the country, and customers mostly visit and order from home.
-- needs: customers, orders, sessions
WITH addresses AS MATERIALIZED (
    SELECT 'customer' AS kind, customer_id AS row_id, address AS place, phone FROM raw_customers_versions
    WHERE coalesce(email, phone) IS NOT NULL OR address IS NOT NULL  -- not erased
    UNION ALL
    SELECT 'order', order_id, shipping_address, NULL FROM raw_orders
    UNION ALL
    SELECT 'session', min(session_id), location, NULL FROM raw_sessions GROUP BY location
), facts AS MATERIALIZED (
    SELECT kind, row_id, phone, place ->> 'country_code' AS country_code, place ->> 'country' AS country,
           -- a tracker calls region what an address calls state
           place ->> CASE kind WHEN 'session' THEN 'region' ELSE 'state' END AS state, place ->> 'city' AS city,
           place ->> 'postal_code' AS postal_code,
           place ->> 'timezone' AS timezone, place ->> 'street' AS street,
           (place ->> 'latitude')::numeric AS latitude, (place ->> 'longitude')::numeric AS longitude,
           regexp_replace(regexp_replace(place ->> 'postal_code', '[0-9]', '9', 'g'), '[A-Z]', 'A', 'g') AS postal_shape,
           split_part(phone, ' ', 1) AS calling_code,
           -- country and area code; mobile numbers and ranges reserved for fiction belong to no city
           nullif((regexp_match(phone, '^[+][0-9]+ [0-9]+'))[1],
                  CASE WHEN phone ~ '^[+](49 17[16]|46 70|353 20|34 99[0-9]) '
                       THEN (regexp_match(phone, '^[+][0-9]+ [0-9]+'))[1] END) AS area
    FROM addresses
), codes (city, areas) AS (
    -- area codes of North America: large cities have several
    VALUES ('New York', '212 332 347 646 718 917 929'), ('Los Angeles', '213 310 323 424 747 818'),
           ('Chicago', '312 773 872'), ('Houston', '713 281 346 832'),
           ('Phoenix', '602 480 623'), ('Philadelphia', '215 267 445'),
           ('San Antonio', '210 726'), ('San Diego', '619 858'),
           ('Dallas', '214 469 945 972'), ('Austin', '512 737'),
           ('Jacksonville', '904 324'), ('Columbus', '614 380'),
           ('Indianapolis', '317 463'), ('Charlotte', '704 980'),
           ('Seattle', '206 564'), ('Denver', '303 720 983'),
           ('Washington', '202 771'), ('Nashville', '615 629'),
           ('Boston', '617 857'), ('Portland', '503 971'),
           ('Detroit', '313'), ('Atlanta', '404 470 678 770'),
           ('Miami', '305 645 786'), ('Minneapolis', '612'),
           ('Honolulu', '808'), ('Salt Lake City', '801 385'),
           ('Toronto', '416 437 647'), ('Montréal', '514 438'),
           ('Calgary', '403 368'), ('Ottawa', '613 343'),
           ('Edmonton', '780 825'), ('Winnipeg', '204 431'),
           ('Vancouver', '604 236 778'), ('Hamilton', '905 289'),
           ('Québec', '418 581'), ('Halifax', '902'),
           ('London', '519'), ('Saskatoon', '306'),
           ('St. John''s', '709'), ('Victoria', '250')
), dependent AS (
    -- whatever shares the key shares the value
    SELECT kind, row_id, f.what, f.key, f.value
    FROM facts
    CROSS JOIN LATERAL (VALUES
        ('country', country_code, country),
        ('country code', country, country_code),
        ('calling code', country, calling_code),
        ('state', country || ', ' || city, state),
        ('time zone', country || ', ' || city, timezone),
        ('postal prefix', country || ', ' || city, left(postal_code, 2)),
        ('postal shape', country || ', ' || city, postal_shape),
        ('city of a postal code', country || ', ' || postal_code, city),
        ('area code', country || ', ' || city, CASE WHEN left(area, 3) <> '+1 ' THEN area END),
        ('country of an area code', area, country)
    ) AS f (what, key, value)
    WHERE f.key IS NOT NULL AND f.value IS NOT NULL
), counted AS (
    SELECT what, key, value, count(*) AS rows, min(kind || ' ' || row_id) AS row_id
    FROM dependent
    GROUP BY what, key, value
), usual AS (
    SELECT what, key, value, row_id, first_value(value) OVER (PARTITION BY what, key ORDER BY rows DESC, value) AS expected
    FROM counted
), centres AS (
    SELECT country, city, percentile_disc(0.5) WITHIN GROUP (ORDER BY latitude) AS latitude,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY longitude) AS longitude
    FROM facts
    GROUP BY country, city
), visits AS (
    -- a share tells something over many customers only: one of them may travel a lot, or never
    SELECT count(*) AS rows, count(DISTINCT s.user_id) AS customers,
           avg((s.location ->> 'country' = c.address ->> 'country')::integer) AS share
    FROM raw_sessions AS s
    JOIN raw_customers AS c ON c.customer_id = s.user_id
    WHERE c.address IS NOT NULL
), parcels AS (
    SELECT count(*) AS rows, count(DISTINCT o.customer_id) AS customers,
           avg((o.shipping_address = c.address)::integer) AS share
    FROM raw_orders AS o
    JOIN raw_customers AS c USING (customer_id)
    WHERE o.order_date >= (c.raw_data ->> 'address_since')::timestamp
), names AS (
    SELECT customer_id, customer_name, first_name, last_name, email, address ->> 'country_code' AS country_code,
           address ->> 'state' AS state,
           first_name || last_name AS letters, raw_data ->> 'preferred_language' AS language
    FROM raw_customers_versions
    WHERE coalesce(email, customer_name, first_name, last_name) IS NOT NULL
)
SELECT what || ' does not go with ' || key AS law_part, row_id, value || ' instead of ' || expected AS detail
FROM usual
WHERE value <> expected
UNION ALL
SELECT 'area code does not go with the city', f.kind || ' ' || f.row_id, f.phone || ' in ' || f.city
FROM facts AS f
JOIN codes AS c USING (city)
WHERE f.kind = 'customer' AND left(f.area, 3) = '+1 ' AND strpos(c.areas, substring(f.area FROM 4 FOR 3)) = 0
UNION ALL
SELECT 'part of an address is missing', kind || ' ' || row_id, concat_ws(', ', city, country)
FROM facts
WHERE country IS NULL OR state IS NULL OR city IS NULL OR latitude IS NULL OR longitude IS NULL
   OR kind <> 'session' AND (country_code IS NULL OR postal_code IS NULL OR timezone IS NULL OR street IS NULL)
   OR kind = 'customer' AND phone IS NULL
UNION ALL
SELECT 'more than 0.1 degrees from the centre of the city', f.kind || ' ' || f.row_id,
       concat_ws(', ', f.city, f.latitude, f.longitude)
FROM facts AS f
JOIN centres AS c USING (country, city)
WHERE abs(f.latitude - c.latitude) > 0.1 OR abs(f.longitude - c.longitude) > 0.1
UNION ALL
SELECT 'name is not in the order of the country', customer_id, customer_name
FROM names
WHERE customer_name IS DISTINCT FROM
      CASE country_code WHEN 'JP' THEN last_name || ' ' || first_name ELSE first_name || ' ' || last_name END
UNION ALL
SELECT 'name does not suit the country', customer_id, concat_ws(' ', customer_name, 'in', country_code)
FROM names
WHERE letters !~ CASE country_code
          WHEN 'JP' THEN '^[぀-ヿ一-鿿々]+$'
          WHEN 'US' THEN '^[A-Za-z'' -]+$' WHEN 'GB' THEN '^[A-Za-z'' -]+$' WHEN 'AU' THEN '^[A-Za-z'' -]+$'
          WHEN 'CA' THEN '^[A-Za-zàâçéèêëîïôûÉ'' -]+$' WHEN 'IE' THEN '^[A-Za-záéíóúÁÉÍÓÚ''’ -]+$'
          WHEN 'DE' THEN '^[A-Za-zäöüßÄÖÜéè -]+$' WHEN 'AT' THEN '^[A-Za-zäöüßÄÖÜéè -]+$'
          WHEN 'FR' THEN '^[A-Za-zàâçéèêëîïôûüœÉÈÀ'' -]+$' WHEN 'IT' THEN '^[A-Za-zàèéìòùÀÈÉ'' -]+$'
          WHEN 'ES' THEN '^[A-Za-záéíóúüñçàèòÁÉÍÓÚÑ'' -]+$' WHEN 'MX' THEN '^[A-Za-záéíóúüñÁÉÍÓÚÑ'' -]+$'
          WHEN 'NL' THEN '^[A-Za-zäëïöüéèç'' -]+$' WHEN 'BR' THEN '^[A-Za-záâãàçéêíóôõúÁÂÉÍÓÚ'' -]+$'
          WHEN 'PL' THEN '^[A-Za-ząćęłńóśźżĄĆĘŁŃÓŚŹŻ -]+$' WHEN 'SE' THEN '^[A-Za-zåäöéüÅÄÖÉ -]+$'
          ELSE '^$' END
UNION ALL
SELECT 'language is not the one of the country', customer_id, language
FROM names
WHERE right(language, 2) <> country_code
UNION ALL
SELECT 'language is not the one of the province', customer_id, language || ' in ' || state
FROM names
WHERE country_code = 'CA' AND language <> CASE state WHEN 'Québec' THEN 'fr-CA' ELSE 'en-CA' END
UNION ALL
SELECT 'share of sessions in the own country is not 95 percent', NULL, share::text
FROM visits WHERE rows >= 2000 AND customers >= 200 AND share NOT BETWEEN 0.93 AND 0.98
UNION ALL
SELECT 'share of orders to the own address is not 85 percent', NULL, share::text
FROM parcels WHERE rows >= 2000 AND customers >= 200 AND share NOT BETWEEN 0.82 AND 0.88
