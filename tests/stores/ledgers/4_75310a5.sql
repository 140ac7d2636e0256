-- Made by shardgen of commit 75310a5: scripts/ledgers.py 75310a5 FILE
CREATE SCHEMA bronze;
COMMENT ON SCHEMA bronze IS 'created by shardgen';
CREATE TABLE bronze.raw_orders (
    order_id character varying(50) NOT NULL,
    customer_id character varying(50),
    order_date timestamp without time zone NOT NULL,
    status character varying(50),
    shipping_address jsonb,
    total_amount numeric(15,2),
    source_system character varying(50) NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
)
PARTITION BY RANGE (order_date);
COMMENT ON TABLE bronze.raw_orders IS 'An order as it stood at the window''s end; its items are in raw_data.';
CREATE VIEW bronze.order_items AS
 SELECT o.order_id,
    o.order_date,
    o.customer_id,
    (i."position")::integer AS "position",
    (i.item ->> 'product_id'::text) AS product_id,
    ((i.item ->> 'quantity'::text))::integer AS quantity,
    ((i.item ->> 'unit_price'::text))::numeric(10,2) AS unit_price,
    ((i.item ->> 'discount_amount'::text))::numeric(10,2) AS discount_amount,
    ((i.item ->> 'total_amount'::text))::numeric(15,2) AS total_amount,
    ((i.item ->> 'returned_quantity'::text))::integer AS returned_quantity,
    (i.item ->> 'return_reason'::text) AS return_reason
   FROM (bronze.raw_orders o
     CROSS JOIN LATERAL jsonb_array_elements((o.raw_data -> 'items'::text)) WITH ORDINALITY i(item, "position"));
CREATE TABLE bronze.raw_clickstream (
    event_id bigint NOT NULL,
    session_id character varying(100) NOT NULL,
    user_id character varying(50),
    event_type character varying(50) NOT NULL,
    page_url text,
    referrer text,
    device_info jsonb,
    event_timestamp timestamp without time zone NOT NULL,
    source_system character varying(50) NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
)
PARTITION BY RANGE (event_timestamp);
COMMENT ON TABLE bronze.raw_clickstream IS 'An event of a session, as the tracker sent it.';
CREATE SEQUENCE bronze.raw_clickstream_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE bronze.raw_clickstream_event_id_seq OWNED BY bronze.raw_clickstream.event_id;
CREATE TABLE bronze.raw_clickstream_2025_10 (
    event_id bigint DEFAULT nextval('bronze.raw_clickstream_event_id_seq'::regclass) CONSTRAINT raw_clickstream_event_id_not_null NOT NULL,
    session_id character varying(100) CONSTRAINT raw_clickstream_session_id_not_null NOT NULL,
    user_id character varying(50),
    event_type character varying(50) CONSTRAINT raw_clickstream_event_type_not_null NOT NULL,
    page_url text,
    referrer text,
    device_info jsonb,
    event_timestamp timestamp without time zone CONSTRAINT raw_clickstream_event_timestamp_not_null NOT NULL,
    source_system character varying(50) CONSTRAINT raw_clickstream_source_system_not_null NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
CREATE TABLE bronze.raw_clickstream_2025_11 (
    event_id bigint DEFAULT nextval('bronze.raw_clickstream_event_id_seq'::regclass) CONSTRAINT raw_clickstream_event_id_not_null NOT NULL,
    session_id character varying(100) CONSTRAINT raw_clickstream_session_id_not_null NOT NULL,
    user_id character varying(50),
    event_type character varying(50) CONSTRAINT raw_clickstream_event_type_not_null NOT NULL,
    page_url text,
    referrer text,
    device_info jsonb,
    event_timestamp timestamp without time zone CONSTRAINT raw_clickstream_event_timestamp_not_null NOT NULL,
    source_system character varying(50) CONSTRAINT raw_clickstream_source_system_not_null NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
CREATE TABLE bronze.raw_customers (
    customer_id character varying(50) NOT NULL,
    email character varying(255),
    customer_name character varying(255),
    first_name character varying(100),
    last_name character varying(100),
    phone character varying(50),
    address jsonb,
    registration_date timestamp without time zone,
    date_of_birth date,
    gender character varying(20),
    source_system character varying(50) NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
COMMENT ON TABLE bronze.raw_customers IS 'A customer as the CRM knows them; 30 % of the customers registered before the epoch.';
CREATE TABLE bronze.raw_orders_2025_10 (
    order_id character varying(50) CONSTRAINT raw_orders_order_id_not_null NOT NULL,
    customer_id character varying(50),
    order_date timestamp without time zone CONSTRAINT raw_orders_order_date_not_null NOT NULL,
    status character varying(50),
    shipping_address jsonb,
    total_amount numeric(15,2),
    source_system character varying(50) CONSTRAINT raw_orders_source_system_not_null NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
CREATE TABLE bronze.raw_orders_2025_11 (
    order_id character varying(50) CONSTRAINT raw_orders_order_id_not_null NOT NULL,
    customer_id character varying(50),
    order_date timestamp without time zone CONSTRAINT raw_orders_order_date_not_null NOT NULL,
    status character varying(50),
    shipping_address jsonb,
    total_amount numeric(15,2),
    source_system character varying(50) CONSTRAINT raw_orders_source_system_not_null NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
CREATE TABLE bronze.raw_orders_2025_12 (
    order_id character varying(50) CONSTRAINT raw_orders_order_id_not_null NOT NULL,
    customer_id character varying(50),
    order_date timestamp without time zone CONSTRAINT raw_orders_order_date_not_null NOT NULL,
    status character varying(50),
    shipping_address jsonb,
    total_amount numeric(15,2),
    source_system character varying(50) CONSTRAINT raw_orders_source_system_not_null NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
CREATE TABLE bronze.raw_products (
    product_id character varying(50) NOT NULL,
    product_name text,
    description text,
    category character varying(100),
    subcategory character varying(100),
    price numeric(10,2),
    cost numeric(10,2),
    currency character varying(3),
    attributes jsonb,
    supplier_id character varying(50),
    brand character varying(100),
    sku character varying(100),
    source_system character varying(50) NOT NULL,
    ingestion_timestamp timestamp without time zone,
    raw_data jsonb
);
COMMENT ON TABLE bronze.raw_products IS 'A product of the catalogue; 80 % of the products were launched before the epoch.';
CREATE TABLE bronze.shardgen_failures (
    run bigint NOT NULL,
    target text NOT NULL,
    generation integer NOT NULL,
    shard text NOT NULL,
    attempt integer NOT NULL,
    given_up boolean NOT NULL,
    error text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE bronze.shardgen_runs (
    run bigint NOT NULL,
    state text NOT NULL,
    fingerprint text NOT NULL,
    plan_fingerprint text NOT NULL,
    plan jsonb NOT NULL,
    options jsonb NOT NULL,
    planned jsonb NOT NULL,
    versions jsonb NOT NULL,
    on_conflict text DEFAULT 'error'::text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    resumed timestamp with time zone,
    finished timestamp with time zone,
    error text,
    CONSTRAINT shardgen_runs_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'failed'::text, 'interrupted'::text, 'finished'::text, 'superseded'::text])))
);
ALTER TABLE bronze.shardgen_runs ALTER COLUMN run ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME bronze.shardgen_runs_run_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE bronze.shardgen_shards (
    target text NOT NULL,
    generation integer NOT NULL,
    shard text NOT NULL,
    run bigint NOT NULL,
    rows bigint,
    skipped bigint DEFAULT 0 NOT NULL,
    bytes bigint,
    digest text,
    seconds double precision,
    phases jsonb,
    pid integer NOT NULL,
    host text NOT NULL,
    attempts integer NOT NULL,
    committed timestamp with time zone
);
CREATE TABLE bronze.shardgen_steps (
    run bigint NOT NULL,
    step text NOT NULL,
    seconds double precision NOT NULL,
    committed timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE bronze.shardgen_targets (
    target text NOT NULL,
    relation text NOT NULL,
    oid oid NOT NULL,
    generation integer NOT NULL,
    run bigint NOT NULL,
    created boolean NOT NULL,
    others bigint DEFAULT 0 NOT NULL,
    others_within bigint DEFAULT 0 NOT NULL,
    missing text DEFAULT ''::text NOT NULL,
    ledger oid DEFAULT 0 NOT NULL,
    since integer DEFAULT 1 NOT NULL
);
ALTER TABLE ONLY bronze.raw_clickstream ATTACH PARTITION bronze.raw_clickstream_2025_10 FOR VALUES FROM ('2025-10-01 00:00:00') TO ('2025-11-01 00:00:00');
ALTER TABLE ONLY bronze.raw_clickstream ATTACH PARTITION bronze.raw_clickstream_2025_11 FOR VALUES FROM ('2025-11-01 00:00:00') TO ('2025-12-01 00:00:00');
ALTER TABLE ONLY bronze.raw_orders ATTACH PARTITION bronze.raw_orders_2025_10 FOR VALUES FROM ('2025-10-01 00:00:00') TO ('2025-11-01 00:00:00');
ALTER TABLE ONLY bronze.raw_orders ATTACH PARTITION bronze.raw_orders_2025_11 FOR VALUES FROM ('2025-11-01 00:00:00') TO ('2025-12-01 00:00:00');
ALTER TABLE ONLY bronze.raw_orders ATTACH PARTITION bronze.raw_orders_2025_12 FOR VALUES FROM ('2025-12-01 00:00:00') TO ('2026-01-01 00:00:00');
ALTER TABLE ONLY bronze.raw_clickstream ALTER COLUMN event_id SET DEFAULT nextval('bronze.raw_clickstream_event_id_seq'::regclass);
INSERT INTO bronze.raw_clickstream_2025_10 VALUES
	(1, 'SESS000000000001', NULL, 'page_view', 'https://www.shop.example/deals', NULL, '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:13:07.89176', 'web_tracker', '2025-10-27 02:13:25.56076', NULL),
	(2, 'SESS000000000001', NULL, 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/deals', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:13:41.002744', 'web_tracker', '2025-10-27 02:13:44.640744', NULL),
	(3, 'SESS000000000001', NULL, 'search', 'https://www.shop.example/search?q=t-shirts', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:14:38.336179', 'web_tracker', '2025-10-27 02:14:54.545179', NULL),
	(4, 'SESS000000000001', NULL, 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/search?q=t-shirts', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:15:00.558317', 'web_tracker', '2025-10-27 02:15:03.602317', NULL),
	(5, 'SESS000000000001', NULL, 'click', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:15:07.224958', 'web_tracker', '2025-10-27 02:15:26.423958', NULL),
	(6, 'SESS000000000001', NULL, 'click', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:15:15.002866', 'web_tracker', '2025-10-27 02:15:24.580866', NULL),
	(7, 'SESS000000000001', NULL, 'click', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "18.1.1", "operating_system": "iOS", "screen_resolution": "414x896"}', '2025-10-27 02:15:28.336149', 'web_tracker', '2025-10-27 02:15:36.780149', NULL),
	(65, 'SESS000000000002', 'CUST00000001', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.search.example/', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:37:08.170605', 'web_tracker', '2025-10-31 08:37:25.188605', NULL),
	(66, 'SESS000000000002', 'CUST00000001', 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:37:27.995702', 'web_tracker', '2025-10-31 08:37:44.099702', NULL),
	(67, 'SESS000000000002', 'CUST00000001', 'search', 'https://www.shop.example/search?q=clickmoor+desktop+keyboard', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:41:34.530119', 'web_tracker', '2025-10-31 08:41:47.365119', NULL),
	(68, 'SESS000000000002', 'CUST00000001', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/search?q=clickmoor+desktop+keyboard', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:43:21.330012', 'web_tracker', '2025-10-31 08:43:24.611012', NULL),
	(69, 'SESS000000000002', 'CUST00000001', 'add_to_wishlist', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:43:56.183701', 'web_tracker', '2025-10-31 08:44:11.701701', NULL),
	(70, 'SESS000000000002', 'CUST00000001', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:44:14.409963', 'web_tracker', '2025-10-31 08:44:34.174963', NULL),
	(71, 'SESS000000000002', 'CUST00000001', 'page_view', 'https://www.shop.example/deals', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-10-31 08:44:39.671099', 'web_tracker', '2025-10-31 08:44:48.246099', NULL);
INSERT INTO bronze.raw_clickstream_2025_11 VALUES
	(129, 'SESS000000000003', 'CUST00000001', 'product_view', 'https://www.shop.example/c/bird-feeders/PROD00000003', 'https://clips.example/for-you', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-04 04:10:22.781717', 'web_tracker', '2025-11-04 04:10:33.530717', NULL),
	(130, 'SESS000000000003', 'CUST00000001', 'click', 'https://www.shop.example/c/bird-feeders/PROD00000003', 'https://www.shop.example/c/bird-feeders/PROD00000003', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-04 04:11:00.380708', 'web_tracker', '2025-11-04 04:11:01.592708', NULL),
	(193, 'SESS000000000004', 'CUST00000001', 'page_view', 'https://www.shop.example/c/t-shirts', 'https://lookup.example/web', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-07 21:43:35.905146', 'web_tracker', '2025-11-07 21:43:43.699146', NULL),
	(257, 'SESS000000000005', NULL, 'page_view', 'https://www.shop.example/deals', NULL, '{"browser": "Safari", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "16.6", "operating_system": "iOS", "screen_resolution": "375x667"}', '2025-11-11 05:00:48.061101', 'web_tracker', '2025-11-11 05:01:06.659101', NULL),
	(321, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/c/t-shirts', NULL, '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:49:38.30113', 'web_tracker', '2025-11-14 17:49:49.40513', NULL),
	(322, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/c/t-shirts', 'https://www.shop.example/c/t-shirts', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:50:02.6436', 'web_tracker', '2025-11-14 17:50:21.4536', NULL),
	(323, 'SESS000000000006', 'CUST00000001', 'search', 'https://www.shop.example/search?q=t-shirts', 'https://www.shop.example/c/t-shirts', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:50:20.413213', 'web_tracker', '2025-11-14 17:50:24.655213', NULL),
	(324, 'SESS000000000006', 'CUST00000001', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/search?q=t-shirts', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:50:44.269066', 'web_tracker', '2025-11-14 17:50:52.054066', NULL),
	(325, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/cart', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:51:00.821929', 'web_tracker', '2025-11-14 17:51:08.083929', NULL),
	(326, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/c/t-shirts', 'https://www.shop.example/cart', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:54:08.502216', 'web_tracker', '2025-11-14 17:54:12.088216', NULL),
	(327, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/', 'https://www.shop.example/c/t-shirts', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:54:19.456287', 'web_tracker', '2025-11-14 17:54:27.002287', NULL),
	(328, 'SESS000000000006', 'CUST00000001', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:55:26.885319', 'web_tracker', '2025-11-14 17:55:35.850319', NULL),
	(329, 'SESS000000000006', 'CUST00000001', 'page_view', 'https://www.shop.example/c/t-shirts', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:55:50.497241', 'web_tracker', '2025-11-14 17:55:59.216241', NULL),
	(330, 'SESS000000000006', 'CUST00000001', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-14 17:56:01.938343', 'web_tracker', '2025-11-14 17:56:10.004343', NULL),
	(385, 'SESS000000000007', 'CUST00000002', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', NULL, '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:08:42.672325', 'web_tracker', '2025-11-15 11:08:50.055325', NULL),
	(386, 'SESS000000000007', 'CUST00000002', 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:09:21.472841', 'web_tracker', '2025-11-15 11:09:33.852841', NULL),
	(387, 'SESS000000000007', 'CUST00000002', 'add_to_cart', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:09:30.717752', 'web_tracker', '2025-11-15 11:09:49.096752', NULL),
	(388, 'SESS000000000007', 'CUST00000002', 'search', 'https://www.shop.example/search?q=t-shirts', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:09:48.087141', 'web_tracker', '2025-11-15 11:10:03.289141', NULL),
	(389, 'SESS000000000007', 'CUST00000002', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/search?q=t-shirts', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:09:56.351549', 'web_tracker', '2025-11-15 11:09:58.055549', NULL),
	(390, 'SESS000000000007', 'CUST00000002', 'add_to_cart', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:10:05.736388', 'web_tracker', '2025-11-15 11:10:18.628388', NULL),
	(391, 'SESS000000000007', 'CUST00000002', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:10:27.728232', 'web_tracker', '2025-11-15 11:10:39.532232', NULL),
	(392, 'SESS000000000007', 'CUST00000002', 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:10:37.953645', 'web_tracker', '2025-11-15 11:10:41.396645', NULL),
	(393, 'SESS000000000007', 'CUST00000002', 'add_to_cart', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:10:53.2217', 'web_tracker', '2025-11-15 11:11:07.3187', NULL),
	(394, 'SESS000000000007', 'CUST00000002', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:11:21.937134', 'web_tracker', '2025-11-15 11:11:33.911134', NULL),
	(395, 'SESS000000000007', 'CUST00000002', 'remove_from_cart', 'https://www.shop.example/cart', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:11:42.948275', 'web_tracker', '2025-11-15 11:11:52.109275', NULL),
	(396, 'SESS000000000007', 'CUST00000002', 'checkout_start', 'https://www.shop.example/checkout', 'https://www.shop.example/cart', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:11:53.734004', 'web_tracker', '2025-11-15 11:12:08.763004', NULL),
	(397, 'SESS000000000007', 'CUST00000002', 'purchase', 'https://www.shop.example/orders/ORD0000000003', 'https://www.shop.example/checkout', '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-15 11:12:13.484586', 'web_tracker', '2025-11-15 11:12:15.743586', NULL),
	(449, 'SESS000000000008', 'CUST00000001', 'page_view', 'https://www.shop.example/', NULL, '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-17 18:24:31.973627', 'web_tracker', '2025-11-17 18:24:35.230627', NULL),
	(450, 'SESS000000000008', 'CUST00000001', 'click', 'https://www.shop.example/', 'https://www.shop.example/', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-17 18:25:05.902841', 'web_tracker', '2025-11-17 18:25:10.708841', NULL),
	(451, 'SESS000000000008', 'CUST00000001', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/', '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-17 18:25:20.941083', 'web_tracker', '2025-11-17 18:25:22.348083', NULL),
	(513, 'SESS000000000009', 'CUST00000001', 'page_view', 'https://www.shop.example/c/bird-feeders', NULL, '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-20 21:09:04.276341', 'web_tracker', '2025-11-20 21:09:19.215341', NULL),
	(577, 'SESS000000000010', 'CUST00000002', 'page_view', 'https://www.shop.example/', NULL, '{"browser": "Safari", "language": "en-IE", "is_mobile": false, "device_type": "desktop", "browser_version": "18.5", "operating_system": "macOS", "screen_resolution": "1728x1117"}', '2025-11-24 00:12:42.40096', 'web_tracker', '2025-11-24 00:12:54.58796', NULL),
	(641, 'SESS000000000011', NULL, 'page_view', 'https://www.shop.example/', NULL, '{"browser": "Samsung Internet", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "27.0.6.2", "operating_system": "Android", "screen_resolution": "412x915"}', '2025-11-26 21:08:28.488613', 'web_tracker', '2025-11-26 21:08:44.607613', NULL),
	(705, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://partner.example/links', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:27:44.087043', 'web_tracker', '2025-11-28 23:27:49.445043', NULL),
	(706, 'SESS000000000012', NULL, 'page_view', 'https://www.shop.example/c/keyboards', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:28:11.773877', 'web_tracker', '2025-11-28 23:28:25.173877', NULL),
	(707, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:28:48.054509', 'web_tracker', '2025-11-28 23:28:56.125509', NULL),
	(708, 'SESS000000000012', NULL, 'page_view', 'https://www.shop.example/c/keyboards', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:29:04.761882', 'web_tracker', '2025-11-28 23:29:22.677882', NULL),
	(709, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:29:36.745615', 'web_tracker', '2025-11-28 23:29:53.180615', NULL),
	(710, 'SESS000000000012', NULL, 'search', 'https://www.shop.example/search?q=clickmoor+desktop+keyboard', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:30:11.116299', 'web_tracker', '2025-11-28 23:30:18.622299', NULL),
	(711, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/search?q=clickmoor+desktop+keyboard', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:30:27.585492', 'web_tracker', '2025-11-28 23:30:39.549492', NULL),
	(712, 'SESS000000000012', NULL, 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:31:02.672004', 'web_tracker', '2025-11-28 23:31:14.143004', NULL),
	(713, 'SESS000000000012', NULL, 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:31:16.754889', 'web_tracker', '2025-11-28 23:31:25.330889', NULL),
	(714, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:31:45.397019', 'web_tracker', '2025-11-28 23:32:04.329019', NULL),
	(715, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:33:08.697633', 'web_tracker', '2025-11-28 23:33:18.020633', NULL),
	(716, 'SESS000000000012', NULL, 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:33:22.541694', 'web_tracker', '2025-11-28 23:33:38.828694', NULL),
	(717, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:34:59.92455', 'web_tracker', '2025-11-28 23:35:04.48155', NULL),
	(718, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:35:42.887745', 'web_tracker', '2025-11-28 23:35:47.091745', NULL),
	(719, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:35:56.492982', 'web_tracker', '2025-11-28 23:36:00.272982', NULL),
	(720, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:36:26.089763', 'web_tracker', '2025-11-28 23:36:36.749763', NULL),
	(721, 'SESS000000000012', NULL, 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:37:19.077768', 'web_tracker', '2025-11-28 23:37:29.820768', NULL),
	(722, 'SESS000000000012', NULL, 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:38:10.395293', 'web_tracker', '2025-11-28 23:38:13.078293', NULL),
	(723, 'SESS000000000012', NULL, 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "es-MX", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "384x832"}', '2025-11-28 23:38:40.707903', 'web_tracker', '2025-11-28 23:38:50.851903', NULL),
	(769, 'SESS000000000013', 'CUST00000001', 'page_view', 'https://www.shop.example/deals', NULL, '{"browser": "Chrome", "language": "it-IT", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 08:14:55.55164', 'web_tracker', '2025-11-30 08:14:56.64964', NULL),
	(833, 'SESS000000000014', 'CUST00000003', 'page_view', 'https://www.shop.example/deals', NULL, '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:13:18.061117', 'web_tracker', '2025-11-30 14:13:33.075117', NULL),
	(834, 'SESS000000000014', 'CUST00000003', 'product_view', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/deals', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:14:05.191689', 'web_tracker', '2025-11-30 14:14:11.404689', NULL),
	(835, 'SESS000000000014', 'CUST00000003', 'add_to_cart', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:14:44.97226', 'web_tracker', '2025-11-30 14:15:01.07326', NULL),
	(836, 'SESS000000000014', 'CUST00000003', 'click', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:15:48.53369', 'web_tracker', '2025-11-30 14:15:55.73269', NULL),
	(837, 'SESS000000000014', 'CUST00000003', 'add_to_wishlist', 'https://www.shop.example/c/keyboards/PROD00000001', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:16:37.826833', 'web_tracker', '2025-11-30 14:16:53.536833', NULL),
	(838, 'SESS000000000014', 'CUST00000003', 'product_view', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/keyboards/PROD00000001', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:17:47.009691', 'web_tracker', '2025-11-30 14:17:49.274691', NULL),
	(839, 'SESS000000000014', 'CUST00000003', 'add_to_cart', 'https://www.shop.example/c/t-shirts/PROD00000002', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:18:09.926548', 'web_tracker', '2025-11-30 14:18:19.514548', NULL),
	(840, 'SESS000000000014', 'CUST00000003', 'checkout_start', 'https://www.shop.example/checkout', 'https://www.shop.example/c/t-shirts/PROD00000002', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:19:45.053406', 'web_tracker', '2025-11-30 14:20:03.901406', NULL),
	(841, 'SESS000000000014', 'CUST00000003', 'page_view', 'https://www.shop.example/checkout/address', 'https://www.shop.example/checkout', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:20:35.211121', 'web_tracker', '2025-11-30 14:20:38.647121', NULL),
	(842, 'SESS000000000014', 'CUST00000003', 'page_view', 'https://www.shop.example/checkout/delivery', 'https://www.shop.example/checkout/address', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:21:45.691407', 'web_tracker', '2025-11-30 14:21:48.610407', NULL),
	(843, 'SESS000000000014', 'CUST00000003', 'purchase', 'https://www.shop.example/orders/ORD0000000006', 'https://www.shop.example/checkout/delivery', '{"browser": "Chrome", "language": "en-US", "is_mobile": true, "device_type": "mobile", "browser_version": "137.0.7151.115", "operating_system": "Android", "screen_resolution": "385x854"}', '2025-11-30 14:23:16.061979', 'web_tracker', '2025-11-30 14:23:21.169979', NULL);
INSERT INTO bronze.raw_customers VALUES
	('CUST00000001', 'antonelli.renato.1847@example.org', 'Renato Antonelli', 'Renato', 'Antonelli', '+39 06 1859 2500', '{"city": "Roma", "region": "Lazio", "street": "Piazza Roma, 13", "country": "Italy", "latitude": 41.9105, "timezone": "Europe/Rome", "longitude": 12.4839, "postal_code": "00111", "country_code": "IT"}', '2025-10-22 23:39:19.697406', '1996-10-24', 'male', 'crm', '2025-10-23 00:44:10.965406', NULL),
	('CUST00000002', 'savannah.greene_5304@example.com', 'Savannah Greene', 'Savannah', 'Greene', '+353 20 912 0076', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', '2025-11-10 22:49:57.912143', '1954-06-28', 'female', 'crm', '2025-11-11 00:55:53.643143', NULL),
	('CUST00000003', 'hays8761@example.com', 'Cheryl Hays', 'Cheryl', 'Hays', '+1 213-555-0131', '{"city": "Los Angeles", "region": "California", "street": "94 Lakeview Lane", "country": "United States", "latitude": 34.0758, "timezone": "America/Los_Angeles", "longitude": -118.2666, "postal_code": "90023", "country_code": "US"}', '2025-11-26 12:53:27.385561', '1989-02-11', 'female', 'crm', '2025-11-26 14:32:00.929561', NULL),
	('CUST00000004', 'logan.tucker2218@example.net', 'Logan Tucker', 'Logan', 'Tucker', '+1 615-555-0165', '{"city": "Nashville", "region": "Tennessee", "street": "28 Cottonwood Court", "country": "United States", "latitude": 36.1838, "timezone": "America/Chicago", "longitude": -86.7811, "postal_code": "37274", "country_code": "US"}', '2025-12-05 11:32:49.048206', '1998-03-28', 'male', 'crm', '2025-12-05 14:32:39.684206', NULL),
	('CUST00000005', 'stepien.olgierd_5675@example.com', 'Olgierd Stępień', 'Olgierd', 'Stępień', '+48 22 035 62 84', '{"city": "Warszawa", "region": "mazowieckie", "street": "ul. Matejki 154", "country": "Poland", "latitude": 52.2563, "timezone": "Europe/Warsaw", "longitude": 21.0163, "postal_code": "00-792", "country_code": "PL"}', '2025-12-16 17:50:13.010935', '1984-09-16', 'male', 'crm', '2025-12-16 21:23:33.649935', NULL),
	('CUST00000006', 'christian.kent_9132@mail.example', 'Christian Kent', 'Christian', 'Kent', '+44 20 7946 0055', '{"city": "London", "region": "England", "street": "31 Priory Street", "country": "United Kingdom", "latitude": 51.4783, "timezone": "Europe/London", "longitude": -0.1143, "postal_code": "SE1 3QL", "country_code": "GB"}', '2025-12-31 23:19:39.893385', '1979-06-19', 'male', 'crm', '2026-01-01 00:23:01.634385', NULL);
INSERT INTO bronze.raw_orders_2025_11 VALUES
	('ORD0000000001', 'CUST00000001', '2025-11-02 09:54:26.025584', 'delivered', '{"city": "Roma", "region": "Lazio", "street": "Piazza Roma, 13", "country": "Italy", "latitude": 41.9105, "timezone": "Europe/Rome", "longitude": 12.4839, "postal_code": "00111", "country_code": "IT"}', 80.35, 'order_management', '2025-11-09 01:45:05.035375', NULL),
	('ORD0000000002', 'CUST00000002', '2025-11-11 02:11:37.479422', 'partially_returned', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', 87.28, 'order_management', '2025-12-01 13:55:44.477394', NULL),
	('ORD0000000003', 'CUST00000002', '2025-11-15 11:12:13.484586', 'delivered', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', 118.66, 'order_management', '2025-11-18 17:44:58.979967', NULL),
	('ORD0000000004', 'CUST00000001', '2025-11-18 23:12:14.467876', 'delivered', '{"city": "Roma", "region": "Lazio", "street": "Piazza Roma, 13", "country": "Italy", "latitude": 41.9105, "timezone": "Europe/Rome", "longitude": 12.4839, "postal_code": "00111", "country_code": "IT"}', 209.79, 'order_management', '2025-11-19 01:03:58.371944', NULL),
	('ORD0000000005', 'CUST00000001', '2025-11-26 10:21:45.003985', 'delivered', '{"city": "Roma", "region": "Lazio", "street": "Piazza Roma, 13", "country": "Italy", "latitude": 41.9105, "timezone": "Europe/Rome", "longitude": 12.4839, "postal_code": "00111", "country_code": "IT"}', 70.59, 'order_management', '2025-12-01 08:43:04.664629', NULL),
	('ORD0000000006', 'CUST00000003', '2025-11-30 14:23:16.061979', 'delivered', '{"city": "Los Angeles", "region": "California", "street": "94 Lakeview Lane", "country": "United States", "latitude": 34.0758, "timezone": "America/Los_Angeles", "longitude": -118.2666, "postal_code": "90023", "country_code": "US"}', 310.64, 'order_management', '2025-12-02 14:16:05.734573', NULL),
	('ORD0000000007', 'CUST00000003', '2025-11-30 17:48:43.615659', 'delivered', '{"city": "Los Angeles", "region": "California", "street": "94 Lakeview Lane", "country": "United States", "latitude": 34.0758, "timezone": "America/Los_Angeles", "longitude": -118.2666, "postal_code": "90023", "country_code": "US"}', 34.11, 'order_management', '2025-12-09 15:20:58.009489', NULL);
INSERT INTO bronze.raw_orders_2025_12 VALUES
	('ORD0000000008', 'CUST00000003', '2025-12-05 19:08:19.685318', 'delivered', '{"city": "Los Angeles", "region": "California", "street": "94 Lakeview Lane", "country": "United States", "latitude": 34.0758, "timezone": "America/Los_Angeles", "longitude": -118.2666, "postal_code": "90023", "country_code": "US"}', 19.53, 'order_management', '2025-12-09 18:37:26.437814', NULL),
	('ORD0000000009', 'CUST00000004', '2025-12-11 18:21:53.590871', 'delivered', '{"city": "Nashville", "region": "Tennessee", "street": "28 Cottonwood Court", "country": "United States", "latitude": 36.1838, "timezone": "America/Chicago", "longitude": -86.7811, "postal_code": "37274", "country_code": "US"}', 75.42, 'order_management', '2025-12-16 08:00:08.16398', NULL),
	('ORD0000000010', 'CUST00000002', '2025-12-14 01:20:21.924212', 'delivered', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', 86.70, 'order_management', '2025-12-16 14:55:15.391771', NULL),
	('ORD0000000011', 'CUST00000003', '2025-12-17 04:03:12.612686', 'delivered', '{"city": "Los Angeles", "region": "California", "street": "94 Lakeview Lane", "country": "United States", "latitude": 34.0758, "timezone": "America/Los_Angeles", "longitude": -118.2666, "postal_code": "90023", "country_code": "US"}', 115.05, 'order_management', '2025-12-21 19:54:40.696836', NULL),
	('ORD0000000012', 'CUST00000002', '2025-12-22 18:52:17.234765', 'delivered', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', 118.66, 'order_management', '2025-12-28 21:09:00.453712', NULL),
	('ORD0000000013', 'CUST00000002', '2025-12-31 23:30:01.3879', 'pending', '{"city": "Swords", "region": "Co. Dublin", "street": "86 Kilmore Avenue", "country": "Ireland", "latitude": 53.4312, "timezone": "Europe/Dublin", "longitude": -6.2078, "postal_code": "K67 FE49", "country_code": "IE"}', 102.68, 'order_management', '2026-01-01 01:04:32.5019', NULL),
	('ORD0000000014', 'CUST00000004', '2025-12-31 23:51:26.449863', 'pending', '{"city": "Nashville", "region": "Tennessee", "street": "28 Cottonwood Court", "country": "United States", "latitude": 36.1838, "timezone": "America/Chicago", "longitude": -86.7811, "postal_code": "37274", "country_code": "US"}', 75.42, 'order_management', '2025-12-31 23:57:11.433863', NULL);
INSERT INTO bronze.raw_products VALUES
	('PROD00000001', 'Clickmoor Stanza Multi-Device Desktop Keyboard, German Layout', 'The multi-device desktop keyboard for writers, coders and everyone with a full inbox. The keys are gently hollowed, so your fingers find their place. Layout: German, with 104 keys.', 'Computers', 'Keyboards', 70.49, 32.77, 'USD', '{"keys": "104 keys", "color": "White", "layout": "German", "weight": {"unit": "g", "value": 465}, "material": "Plastic and steel", "connection": "USB-C", "dimensions": {"unit": "mm", "width": 136, "height": 44, "length": 348}}', 'SUPP00172', 'Clickmoor', 'COM-KEY-000001', 'catalogue', '2023-10-24 03:09:50.604125', NULL),
	('PROD00000002', 'Eastmoor Postcard Graphic Tee, Size XS', 'Simple, well cut and made to last: the Eastmoor graphic tee. It lets the air through on hot days and layers neatly on cool ones. This one is size XS, in Heather Gray.', 'Clothing', 'T-Shirts', 12.99, 4.39, 'USD', '{"care": "Machine wash 40 C", "size": "XS", "color": "Heather Gray", "gender": "Men", "weight": {"unit": "g", "value": 221}, "material": "Cotton", "dimensions": {"unit": "mm", "width": 233, "height": 17, "length": 260}}', 'SUPP00260', 'Eastmoor', 'CLO-TSH-000002', 'catalogue', '2024-10-23 03:18:54.969647', NULL),
	('PROD00000003', 'Nestholm Birch Decorative Bird Feeder', 'Fill it, hang it, wait: within days this decorative bird feeder has regular guests. The wide roof keeps seed dry in rain and snow. Material: Bamboo; color: Natural.', 'Garden & Pets', 'Bird Feeders', 17.99, 7.05, 'USD', '{"color": "Natural", "weight": {"unit": "g", "value": 1005}, "perches": "6 perches", "capacity": "0.5 kg", "material": "Bamboo", "mounting": "Steel Cable", "dimensions": {"unit": "mm", "width": 194, "height": 248, "length": 255}}', 'SUPP00392', 'Nestholm', 'GAR-BIR-000003', 'catalogue', '2025-10-23 02:35:19.210059', NULL),
	('PROD00000004', 'The Little Table (Seasonal Cookbook, Paperback)', 'Esperanza Villacorta opens a well-used notebook and shares its best pages in this seasonal cookbook. Most dishes are ready in under forty minutes. Format: Paperback, 208 pages.', 'Books', 'Cookbooks', 39.95, 22.57, 'USD', '{"pages": "208", "author": "Esperanza Villacorta", "format": "Paperback", "weight": {"unit": "g", "value": 1210}, "cuisine": "Nordic", "recipes": "150 Recipes", "language": "English (Canada)", "dimensions": {"unit": "mm", "width": 229, "height": 30, "length": 223}}', 'SUPP00352', 'Copperpan Press', 'BOO-COO-000004', 'catalogue', '2026-01-01 03:08:20.749573', NULL);
INSERT INTO bronze.shardgen_runs OVERRIDING SYSTEM VALUE VALUES
	(1, 'finished', '595106dc721c9dc3a9cf257e0ad6e5d6', '9287682e39a0f08096b99defcb35cb88', '{"end": "2026-01-01", "world": {"seed": 42, "epoch": "2025-10-23", "orders": 14, "horizon": 70, "products": 4, "sessions": 28, "customers": 6, "warehouses": 1, "review_rate": 0.32, "events_per_session": 3.0}, "schema": "bronze", "tables": ["customers", "products", "orders"], "indexes": "keys", "raw_data": "none"}', '{"end": "2026-01-01", "days": 70, "seed": 42, "epoch": "2025-10-23", "scale": 1, "schema": "bronze", "tables": ["customers", "products", "orders"], "horizon": 70, "indexes": "keys", "products": 4, "raw_data": "none", "customers": 6, "warehouses": 1, "review_rate": 0.32, "orders_per_day": 0.2, "sessions_per_day": 0.4, "events_per_session": 3.0}', '{"orders": {"rows": 14, "exact": true, "shards": 3}, "products": {"rows": 4, "exact": true, "shards": 1}, "customers": {"rows": 6, "exact": true, "shards": 1}}', '{"data": 2, "faker": "40.63.0", "shardgen": "0.1.0"}', 'error', 'elsewhere', 25441, '2026-11-26 17:07:31.204607+00', NULL, '2026-11-26 17:07:32.761671+00', NULL),
	(2, 'loading', '595106dc721c9dc3a9cf257e0ad6e5d6', 'ab342a7d92e22338f1c676dac75cdd1d', '{"end": "2026-01-01", "world": {"seed": 42, "epoch": "2025-10-23", "orders": 14, "horizon": 70, "products": 4, "sessions": 28, "customers": 6, "warehouses": 1, "review_rate": 0.32, "events_per_session": 3.0}, "schema": "bronze", "tables": ["clickstream"], "indexes": "keys", "raw_data": "none"}', '{"end": "2026-01-01", "days": 70, "seed": 42, "epoch": "2025-10-23", "scale": 1, "schema": "bronze", "tables": ["clickstream"], "horizon": 70, "indexes": "keys", "products": 4, "raw_data": "none", "customers": 6, "warehouses": 1, "review_rate": 0.32, "orders_per_day": 0.2, "sessions_per_day": 0.4, "events_per_session": 3.0}', '{"clickstream": {"rows": 150, "exact": false, "shards": 3}}', '{"data": 2, "faker": "40.63.0", "shardgen": "0.1.0"}', 'error', 'elsewhere', 25730, '2026-11-26 17:07:41.441549+00', NULL, NULL, NULL);
INSERT INTO bronze.shardgen_shards VALUES
	('products', 1, 'products/000000000000', 1, 4, 0, 2510, 'a2c6ee2106898b3587257b5adabe40e8', 0.25534991799941054, '{"copy": 0.010970174000249244, "encode": 0.014066408999497071, "ledger": 0.005731301998821436, "connect": 0.024381526000070153, "generate": 0.19464874600089388}', 25674, 'elsewhere', 1, '2026-11-26 17:07:31.567351+00'),
	('orders', 1, 'orders/2025-12', 1, 7, 0, 2398, '3ab719b7a89221229a76ddd6973b7896', 0.992114145999949, '{"copy": 0.002550237000832567, "index": 0.026998315001037554, "attach": 0.00979703500161122, "create": 0.0020270679997338448, "encode": 0.0005169760006538127, "ledger": 0.0009831999996094964, "connect": 0.0002666529999260092, "generate": 0.9372109089999867}', 25674, 'elsewhere', 1, '2026-11-26 17:07:32.59268+00'),
	('orders', 1, 'orders/2025-11', 1, 7, 0, 2343, 'f1ee59a64980a393f8989606e592e372', 1.2423107659997186, '{"copy": 0.005596184999376419, "index": 0.006954017999305506, "attach": 0.01911364199986565, "create": 0.007909918000223115, "encode": 0.0007643719982297625, "ledger": 0.007158927001000848, "connect": 0.05217316900052538, "generate": 1.14123983600075}', 25678, 'elsewhere', 1, '2026-11-26 17:07:32.608823+00'),
	('customers', 1, 'customers/000000000000', 1, 6, 0, 2329, '281147f1303bcd423083eb3920aebd95', 0.017824274998929468, '{"copy": 0.0004146709998167353, "encode": 0.001164866000181064, "ledger": 0.0007440370009135222, "connect": 0.0012949189986102283, "generate": 0.013096388998746988}', 25674, 'elsewhere', 1, '2026-11-26 17:07:32.62658+00'),
	('orders', 1, 'orders/2025-10', 1, 0, 0, 21, '99aa06d3014798d86001c324468d497f', 0.028725640000629937, '{"copy": 0.00007641800038982183, "index": 0.0053674039991165046, "attach": 0.010628906000420102, "create": 0.0016654089995427057, "ledger": 0.004189012001006631, "connect": 0.0025402459996257676, "generate": 0.000015220999557641335}', 25678, 'elsewhere', 1, '2026-11-26 17:07:32.649444+00'),
	('clickstream', 1, 'clickstream/2025-11', 2, 64, 0, 24334, 'fd6dd3d5dc1fc601cb41a7d60cc5e3fe', 0.4450292019992048, '{"copy": 0.0062371839994739275, "index": 0.004893660001471289, "attach": 0.009226679998391774, "create": 0.002115446000971133, "encode": 0.0014872599986119894, "ledger": 0.0022527810015162686, "connect": 0.018649288000233355, "generate": 0.39678839200132643}', 25920, 'elsewhere', 1, '2026-11-26 17:07:42.522649+00'),
	('clickstream', 1, 'clickstream/2025-10', 2, 14, 0, 5365, '0fc784cfefd4f9988532e7a401cdc51e', 0.030226798000512645, '{"copy": 0.0004979210007149959, "index": 0.0032525229999009753, "attach": 0.007531802999437787, "create": 0.00157310100075847, "encode": 0.00076606500078924, "ledger": 0.0006737620005878853, "connect": 0.0038748810002289247, "generate": 0.011532839000210515}', 25920, 'elsewhere', 1, '2026-11-26 17:07:42.557528+00');
INSERT INTO bronze.shardgen_steps VALUES
	(1, 'analyze raw_products', 0.02621951299988723, '2026-11-26 17:07:32.708118+00'),
	(1, 'analyze raw_orders', 0.028873123999801464, '2026-11-26 17:07:32.708403+00'),
	(1, 'index raw_customers_registration_date_idx', 0.014525697000863147, '2026-11-26 17:07:32.734139+00'),
	(1, 'analyze raw_customers', 0.00914209800066601, '2026-11-26 17:07:32.74501+00');
INSERT INTO bronze.shardgen_targets VALUES
	('customers', 'raw_customers', 16500, 1, 1, true, 0, 0, '', 16409, 1),
	('products', 'raw_products', 16509, 1, 1, true, 0, 0, '', 16409, 1),
	('orders', 'raw_orders', 16518, 1, 1, true, 0, 0, '', 16409, 1),
	('clickstream', 'raw_clickstream', 16577, 1, 2, true, 0, 0, '', 16409, 1);
SELECT pg_catalog.setval('bronze.raw_clickstream_event_id_seq', 1856, true);
SELECT pg_catalog.setval('bronze.shardgen_runs_run_seq', 2, true);
ALTER TABLE ONLY bronze.raw_clickstream
    ADD CONSTRAINT raw_clickstream_pkey PRIMARY KEY (event_id, event_timestamp);
ALTER TABLE ONLY bronze.raw_clickstream_2025_10
    ADD CONSTRAINT raw_clickstream_2025_10_pkey PRIMARY KEY (event_id, event_timestamp);
ALTER TABLE ONLY bronze.raw_clickstream_2025_11
    ADD CONSTRAINT raw_clickstream_2025_11_pkey PRIMARY KEY (event_id, event_timestamp);
ALTER TABLE ONLY bronze.raw_customers
    ADD CONSTRAINT raw_customers_pkey PRIMARY KEY (customer_id);
ALTER TABLE ONLY bronze.raw_orders
    ADD CONSTRAINT raw_orders_pkey PRIMARY KEY (order_id, order_date);
ALTER TABLE ONLY bronze.raw_orders_2025_10
    ADD CONSTRAINT raw_orders_2025_10_pkey PRIMARY KEY (order_id, order_date);
ALTER TABLE ONLY bronze.raw_orders_2025_11
    ADD CONSTRAINT raw_orders_2025_11_pkey PRIMARY KEY (order_id, order_date);
ALTER TABLE ONLY bronze.raw_orders_2025_12
    ADD CONSTRAINT raw_orders_2025_12_pkey PRIMARY KEY (order_id, order_date);
ALTER TABLE ONLY bronze.raw_products
    ADD CONSTRAINT raw_products_pkey PRIMARY KEY (product_id);
ALTER TABLE ONLY bronze.shardgen_runs
    ADD CONSTRAINT shardgen_runs_pkey PRIMARY KEY (run);
ALTER TABLE ONLY bronze.shardgen_shards
    ADD CONSTRAINT shardgen_shards_pkey PRIMARY KEY (target, generation, shard);
ALTER TABLE ONLY bronze.shardgen_steps
    ADD CONSTRAINT shardgen_steps_pkey PRIMARY KEY (run, step);
ALTER TABLE ONLY bronze.shardgen_targets
    ADD CONSTRAINT shardgen_targets_pkey PRIMARY KEY (target);
CREATE INDEX raw_clickstream_event_timestamp_idx ON ONLY bronze.raw_clickstream USING btree (event_timestamp);
CREATE INDEX raw_clickstream_2025_10_event_timestamp_idx ON bronze.raw_clickstream_2025_10 USING btree (event_timestamp);
CREATE INDEX raw_clickstream_session_id_idx ON ONLY bronze.raw_clickstream USING btree (session_id);
CREATE INDEX raw_clickstream_2025_10_session_id_idx ON bronze.raw_clickstream_2025_10 USING btree (session_id);
CREATE INDEX raw_clickstream_user_id_idx ON ONLY bronze.raw_clickstream USING btree (user_id);
CREATE INDEX raw_clickstream_2025_10_user_id_idx ON bronze.raw_clickstream_2025_10 USING btree (user_id);
CREATE INDEX raw_clickstream_2025_11_event_timestamp_idx ON bronze.raw_clickstream_2025_11 USING btree (event_timestamp);
CREATE INDEX raw_clickstream_2025_11_session_id_idx ON bronze.raw_clickstream_2025_11 USING btree (session_id);
CREATE INDEX raw_clickstream_2025_11_user_id_idx ON bronze.raw_clickstream_2025_11 USING btree (user_id);
CREATE INDEX raw_customers_registration_date_idx ON bronze.raw_customers USING btree (registration_date);
CREATE INDEX raw_orders_customer_id_idx ON ONLY bronze.raw_orders USING btree (customer_id);
CREATE INDEX raw_orders_2025_10_customer_id_idx ON bronze.raw_orders_2025_10 USING btree (customer_id);
CREATE INDEX raw_orders_order_date_idx ON ONLY bronze.raw_orders USING btree (order_date);
CREATE INDEX raw_orders_2025_10_order_date_idx ON bronze.raw_orders_2025_10 USING btree (order_date);
CREATE INDEX raw_orders_2025_11_customer_id_idx ON bronze.raw_orders_2025_11 USING btree (customer_id);
CREATE INDEX raw_orders_2025_11_order_date_idx ON bronze.raw_orders_2025_11 USING btree (order_date);
CREATE INDEX raw_orders_2025_12_customer_id_idx ON bronze.raw_orders_2025_12 USING btree (customer_id);
CREATE INDEX raw_orders_2025_12_order_date_idx ON bronze.raw_orders_2025_12 USING btree (order_date);
CREATE INDEX shardgen_failures_run_target_generation_shard_idx ON bronze.shardgen_failures USING btree (run, target, generation, shard);
ALTER INDEX bronze.raw_clickstream_event_timestamp_idx ATTACH PARTITION bronze.raw_clickstream_2025_10_event_timestamp_idx;
ALTER INDEX bronze.raw_clickstream_pkey ATTACH PARTITION bronze.raw_clickstream_2025_10_pkey;
ALTER INDEX bronze.raw_clickstream_session_id_idx ATTACH PARTITION bronze.raw_clickstream_2025_10_session_id_idx;
ALTER INDEX bronze.raw_clickstream_user_id_idx ATTACH PARTITION bronze.raw_clickstream_2025_10_user_id_idx;
ALTER INDEX bronze.raw_clickstream_event_timestamp_idx ATTACH PARTITION bronze.raw_clickstream_2025_11_event_timestamp_idx;
ALTER INDEX bronze.raw_clickstream_pkey ATTACH PARTITION bronze.raw_clickstream_2025_11_pkey;
ALTER INDEX bronze.raw_clickstream_session_id_idx ATTACH PARTITION bronze.raw_clickstream_2025_11_session_id_idx;
ALTER INDEX bronze.raw_clickstream_user_id_idx ATTACH PARTITION bronze.raw_clickstream_2025_11_user_id_idx;
ALTER INDEX bronze.raw_orders_customer_id_idx ATTACH PARTITION bronze.raw_orders_2025_10_customer_id_idx;
ALTER INDEX bronze.raw_orders_order_date_idx ATTACH PARTITION bronze.raw_orders_2025_10_order_date_idx;
ALTER INDEX bronze.raw_orders_pkey ATTACH PARTITION bronze.raw_orders_2025_10_pkey;
ALTER INDEX bronze.raw_orders_customer_id_idx ATTACH PARTITION bronze.raw_orders_2025_11_customer_id_idx;
ALTER INDEX bronze.raw_orders_order_date_idx ATTACH PARTITION bronze.raw_orders_2025_11_order_date_idx;
ALTER INDEX bronze.raw_orders_pkey ATTACH PARTITION bronze.raw_orders_2025_11_pkey;
ALTER INDEX bronze.raw_orders_customer_id_idx ATTACH PARTITION bronze.raw_orders_2025_12_customer_id_idx;
ALTER INDEX bronze.raw_orders_order_date_idx ATTACH PARTITION bronze.raw_orders_2025_12_order_date_idx;
ALTER INDEX bronze.raw_orders_pkey ATTACH PARTITION bronze.raw_orders_2025_12_pkey;
ALTER TABLE ONLY bronze.shardgen_failures
    ADD CONSTRAINT shardgen_failures_run_fkey FOREIGN KEY (run) REFERENCES bronze.shardgen_runs(run);
ALTER TABLE ONLY bronze.shardgen_shards
    ADD CONSTRAINT shardgen_shards_run_fkey FOREIGN KEY (run) REFERENCES bronze.shardgen_runs(run);
ALTER TABLE ONLY bronze.shardgen_shards
    ADD CONSTRAINT shardgen_shards_target_fkey FOREIGN KEY (target) REFERENCES bronze.shardgen_targets(target);
ALTER TABLE ONLY bronze.shardgen_steps
    ADD CONSTRAINT shardgen_steps_run_fkey FOREIGN KEY (run) REFERENCES bronze.shardgen_runs(run);
ALTER TABLE ONLY bronze.shardgen_targets
    ADD CONSTRAINT shardgen_targets_run_fkey FOREIGN KEY (run) REFERENCES bronze.shardgen_runs(run);
UPDATE bronze.shardgen_targets SET oid = ('bronze.' || relation)::regclass, ledger = tableoid;
