-- L8: a session is a short visit within a day, and its events are all of it, in sequence, from its first instant on.
-- needs: sessions, clickstream; raw_data; along session
WITH steps AS (
    SELECT session_id, event_timestamp, (raw_data ->> 'sequence_number')::integer AS sequence_number,
           row_number() OVER w AS place, lag(event_timestamp) OVER w AS earlier
    FROM raw_clickstream
    WINDOW w AS (PARTITION BY session_id ORDER BY (raw_data ->> 'sequence_number')::integer)
), played AS (
    SELECT session_id, count(*) AS events, min(event_timestamp) AS first, max(event_timestamp) AS last,
           bool_and(sequence_number = place) AS numbered,
           bool_and(earlier IS NULL OR event_timestamp > earlier) AS rises
    FROM steps
    GROUP BY session_id
), visits AS (
    SELECT s.session_id, s.start_time, s.end_time, s.duration_seconds,
           (s.raw_data ->> 'event_count')::integer AS event_count,
           p.events, p.first, p.last, p.numbered, p.rises
    FROM raw_sessions AS s
    LEFT JOIN played AS p USING (session_id)
)
SELECT 'session does not end after its start' AS law_part, session_id, end_time::text AS detail
FROM visits WHERE (start_time < end_time) IS NOT TRUE
UNION ALL
SELECT 'session lasts more than 3 hours', session_id, (end_time - start_time)::text
FROM visits WHERE end_time > start_time + interval '3 hours'
UNION ALL
SELECT 'session crosses midnight', session_id, end_time::text
FROM visits WHERE end_time::date <> start_time::date
UNION ALL
SELECT 'duration is not end - start', session_id, duration_seconds::text
FROM visits WHERE (duration_seconds = extract(epoch FROM end_time - start_time)) IS NOT TRUE
UNION ALL
SELECT 'session without events', session_id, NULL
FROM visits WHERE events IS NULL
UNION ALL
SELECT 'first event is not at the start', session_id, first::text
FROM visits WHERE first <> start_time
UNION ALL
SELECT 'event after the end', session_id, last::text
FROM visits WHERE last > end_time
UNION ALL
SELECT 'sequence numbers are not 1, 2, 3, ...', session_id, NULL
FROM visits WHERE events IS NOT NULL AND numbered IS NOT TRUE
UNION ALL
SELECT 'event times do not rise with the sequence', session_id, NULL
FROM visits WHERE NOT rises
UNION ALL
SELECT 'event_count is not the number of events', session_id, event_count || ' but ' || events
FROM visits WHERE (event_count = coalesce(events, 0)) IS NOT TRUE
