-- L14: device, operating system, browser and screen are a combination that exists, and is_mobile follows the device.
-- needs: sessions, clickstream
WITH devices (device_type, operating_system, browser, screens) AS (
    VALUES
        ('mobile', 'iOS', 'Safari',
         ARRAY['375x667', '375x812', '390x844', '393x852', '402x874', '414x736', '414x896', '430x932', '440x956']),
        ('mobile', 'iOS', 'Chrome',
         ARRAY['390x844', '393x852', '402x874', '414x896', '430x932', '440x956']),
        ('mobile', 'iOS', 'Firefox',
         ARRAY['375x667', '375x812', '390x844', '393x852', '414x896', '430x932']),
        ('mobile', 'iOS', 'Edge',
         ARRAY['390x844', '393x852', '402x874', '414x896', '430x932', '440x956']),
        ('mobile', 'Android', 'Chrome',
         ARRAY['360x640', '360x780', '360x800', '384x832', '385x854', '393x851', '393x873', '412x892', '412x915',
         '412x923']),
        ('mobile', 'Android', 'Samsung Internet',
         ARRAY['360x780', '384x824', '384x832', '412x915']),
        ('mobile', 'Android', 'Firefox',
         ARRAY['360x800', '385x854', '393x873', '412x915']),
        ('mobile', 'Android', 'Edge',
         ARRAY['360x800', '385x854', '393x873', '412x915']),
        ('mobile', 'Android', 'Opera',
         ARRAY['360x800', '385x854', '393x873', '412x915']),
        ('desktop', 'Windows', 'Chrome',
         ARRAY['1366x768', '1536x864', '1920x1080', '1920x1200', '2560x1440', '2560x1600', '3840x2160']),
        ('desktop', 'Windows', 'Edge',
         ARRAY['1366x768', '1536x864', '1920x1080', '1920x1200', '2560x1440', '2560x1600', '3840x2160']),
        ('desktop', 'Windows', 'Firefox',
         ARRAY['1366x768', '1536x864', '1920x1080', '1920x1200', '2560x1440', '2560x1600', '3840x2160']),
        ('desktop', 'Windows', 'Opera',
         ARRAY['1536x864', '1920x1080', '1920x1200', '2560x1440', '2560x1600', '3840x2160']),
        ('desktop', 'macOS', 'Safari',
         ARRAY['1440x900', '1470x956', '1512x982', '1680x1050', '1728x1117', '2560x1440']),
        ('desktop', 'macOS', 'Chrome',
         ARRAY['1280x800', '1440x900', '1470x956', '1512x982', '1680x1050', '1728x1117', '1792x1120', '2560x1440']),
        ('desktop', 'macOS', 'Firefox',
         ARRAY['1440x900', '1470x956', '1512x982', '1680x1050', '1728x1117', '2560x1440']),
        ('desktop', 'Linux', 'Chrome',
         ARRAY['1920x1080', '1920x1200', '2560x1440']),
        ('desktop', 'Linux', 'Firefox',
         ARRAY['1920x1080', '1920x1200', '2560x1440']),
        ('desktop', 'ChromeOS', 'Chrome',
         ARRAY['1280x800', '1366x768', '1536x864', '1920x1080']),
        ('tablet', 'iPadOS', 'Safari',
         ARRAY['768x1024', '810x1080', '820x1180', '834x1194', '1024x1366']),
        ('tablet', 'iPadOS', 'Chrome',
         ARRAY['768x1024', '810x1080', '820x1180', '834x1194', '1024x1366']),
        ('tablet', 'Android', 'Chrome',
         ARRAY['753x1205', '800x1280', '800x1334']),
        ('tablet', 'Android', 'Samsung Internet',
         ARRAY['753x1205', '800x1280', '800x1334'])
), told AS (
    SELECT device_info, min(event_id) AS event_id FROM raw_clickstream GROUP BY device_info
), seen AS (
    SELECT 'session' AS kind, min(session_id) AS row_id, device_type, operating_system, browser,
           NULL AS screen, is_mobile, '0.' AS browser_version
    FROM raw_sessions
    GROUP BY device_type, operating_system, browser, is_mobile
    UNION ALL
    SELECT 'event', event_id::text, device_info ->> 'device_type', device_info ->> 'operating_system',
           device_info ->> 'browser', coalesce(device_info ->> 'screen_resolution', 'none'),
           (device_info ->> 'is_mobile')::boolean, device_info ->> 'browser_version'
    FROM told
), agents AS (
    SELECT raw_data ->> 'user_agent' AS user_agent, device_type, operating_system, browser, min(session_id) AS session_id
    FROM raw_sessions
    WHERE raw_data ? 'user_agent'
    GROUP BY 1, 2, 3, 4
)
SELECT kind || ': no such device, system and browser' AS law_part, row_id,
       concat_ws(', ', device_type, operating_system, browser) AS detail
FROM seen AS s
WHERE NOT EXISTS (SELECT 1 FROM devices AS d
                  WHERE d.device_type = s.device_type AND d.operating_system = s.operating_system
                    AND d.browser = s.browser)
UNION ALL
SELECT kind || ': no such screen on the device', row_id, concat_ws(', ', s.operating_system, s.browser, s.screen)
FROM seen AS s
JOIN devices AS d USING (device_type, operating_system, browser)
WHERE s.screen <> ALL (d.screens)
UNION ALL
SELECT kind || ': is_mobile does not follow the device', row_id, device_type
FROM seen
WHERE (is_mobile = (device_type = 'mobile')) IS NOT TRUE
UNION ALL
SELECT kind || ': browser version is no version', row_id, browser_version
FROM seen
WHERE (browser_version ~ '^[0-9]+[.]') IS NOT TRUE
UNION ALL
SELECT 'session: user agent of another system, browser or device', session_id, user_agent
FROM agents
WHERE (CASE operating_system
           WHEN 'iOS' THEN user_agent LIKE '%%(iPhone; CPU iPhone OS %%'
           WHEN 'iPadOS' THEN user_agent LIKE '%%(iPad; CPU OS %%' OR user_agent LIKE '%%(Macintosh; %%'
           WHEN 'Android' THEN user_agent LIKE '%%(%%Android %%'
           WHEN 'Windows' THEN user_agent LIKE '%%(Windows NT 10.0%%'
           WHEN 'macOS' THEN user_agent LIKE '%%(Macintosh; Intel Mac OS X %%'
           WHEN 'Linux' THEN user_agent LIKE '%%(X11; %%Linux x86_64%%'
           WHEN 'ChromeOS' THEN user_agent LIKE '%%(X11; CrOS %%'
       END
       AND CASE browser
           WHEN 'Safari' THEN user_agent LIKE '%% Version/%%Safari/%%' AND user_agent !~ '(CriOS|FxiOS|EdgiOS|Chrome)/'
           WHEN 'Chrome' THEN user_agent ~ '(Chrome|CriOS)/' AND user_agent !~ '(Edg|EdgA|OPR|SamsungBrowser)/'
           WHEN 'Firefox' THEN user_agent ~ '(Firefox|FxiOS)/'
           WHEN 'Edge' THEN user_agent ~ '(Edg|EdgA|EdgiOS)/'
           WHEN 'Opera' THEN user_agent LIKE '%% OPR/%%'
           WHEN 'Samsung Internet' THEN user_agent LIKE '%% SamsungBrowser/%%'
       END
       AND CASE device_type
           WHEN 'mobile' THEN user_agent LIKE '%%Mobile%%'
           WHEN 'desktop' THEN user_agent NOT LIKE '%%Mobile%%'
           WHEN 'tablet' THEN operating_system <> 'Android' OR user_agent NOT LIKE '%% Mobile %%'
       END) IS NOT TRUE
