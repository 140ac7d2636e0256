-- A bronze layer as a team's own migrations have left it after some years; run as its owner, "architect".
CREATE SCHEMA bronze;
COMMENT ON SCHEMA bronze IS 'Landing zone. Owner: data platform. Do not create objects by hand.';

CREATE DOMAIN bronze.network_address AS varchar(64) CHECK (VALUE <> '');

CREATE FUNCTION bronze.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TABLE bronze.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation text NOT NULL,
    rows bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION bronze.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bronze.audit_log (relation, rows) SELECT TG_TABLE_NAME, count(*) FROM added;
    RETURN NULL;
END $$;

-- 2019-03: customers -----------------------------------------------------------------------------------------------
CREATE TABLE bronze.raw_customers (
    raw_data jsonb,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp DEFAULT now(),
    customer_id varchar(50) CONSTRAINT customers_pk PRIMARY KEY,
    email text CONSTRAINT email_has_at CHECK (email LIKE '%@%'),
    first_name varchar(200),
    last_name varchar(200),
    customer_name varchar(400),
    phone varchar(50),
    registration_date timestamp CONSTRAINT registered_in_this_century CHECK (registration_date >= '2000-01-01'),
    date_of_birth date,
    address jsonb,
    country text GENERATED ALWAYS AS (address ->> 'country') STORED,
    crm_segment text,
    updated_at timestamptz,
    batch_id uuid DEFAULT gen_random_uuid()
    -- gender was dropped in 2021 (GDPR)
);
COMMENT ON TABLE bronze.raw_customers IS 'One row per registration event.';
COMMENT ON COLUMN bronze.raw_customers.crm_segment IS 'Filled by the nightly CRM job.';
CREATE UNIQUE INDEX customers_email ON bronze.raw_customers (lower(email));
CREATE INDEX customers_registration ON bronze.raw_customers USING brin (registration_date);
CREATE INDEX customers_address ON bronze.raw_customers USING gin (address jsonb_path_ops);
CREATE INDEX customers_raw ON bronze.raw_customers USING gin (raw_data);
CREATE INDEX customers_name ON bronze.raw_customers USING gin (to_tsvector('simple', coalesce(customer_name, '')));
CREATE INDEX customers_country ON bronze.raw_customers (country) INCLUDE (customer_id);
CREATE INDEX customers_source ON bronze.raw_customers (source_system, ingestion_timestamp DESC NULLS LAST);
CREATE INDEX customers_unsegmented ON bronze.raw_customers (customer_id) WHERE crm_segment IS NULL;
CREATE TRIGGER customers_touch BEFORE INSERT OR UPDATE ON bronze.raw_customers
    FOR EACH ROW EXECUTE FUNCTION bronze.touch();

-- 2019-03: products ------------------------------------------------------------------------------------------------
CREATE TABLE bronze.raw_products (
    product_id varchar(50) PRIMARY KEY,
    sku varchar(100) CONSTRAINT sku_is_unique UNIQUE,
    product_name text,
    description text,
    brand varchar(100),
    category varchar(100),
    subcategory varchar(100),
    currency char(3) DEFAULT 'EUR',
    price numeric(12,4) CONSTRAINT price_is_positive CHECK (price > 0),
    cost numeric(12,4),
    margin numeric GENERATED ALWAYS AS (price - cost) STORED,
    attributes jsonb,
    supplier_id varchar(50),
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    raw_data jsonb,
    search tsvector GENERATED ALWAYS AS
        (to_tsvector('english', coalesce(product_name, '') || ' ' || coalesce(description, ''))) STORED
);
ALTER TABLE bronze.raw_products ALTER currency TYPE varchar(3);
CREATE INDEX products_search ON bronze.raw_products USING gin (search);
CREATE INDEX products_attributes ON bronze.raw_products USING gin (attributes);
CREATE INDEX products_category ON bronze.raw_products (category, subcategory);
CREATE INDEX products_brand ON bronze.raw_products (lower(brand));
CREATE INDEX products_supplier ON bronze.raw_products USING hash (supplier_id);
CREATE STATISTICS bronze.products_kinds (dependencies) ON category, subcategory FROM bronze.raw_products;

-- 2020-06: orders, partitioned "for later" ---------------------------------------------------------------------------
CREATE TABLE bronze.raw_orders (
    order_date timestamp NOT NULL,
    order_id varchar(50) NOT NULL,
    customer_id varchar(50) REFERENCES bronze.raw_customers,
    total_amount numeric CONSTRAINT total_is_not_negative CHECK (total_amount >= 0),
    status varchar(50),
    shipping_address jsonb,
    raw_data jsonb,
    items integer GENERATED ALWAYS AS (jsonb_array_length(raw_data -> 'items')) STORED,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    reviewed_by text,
    PRIMARY KEY (order_id, order_date)
) PARTITION BY RANGE (order_date);
CREATE TABLE bronze.raw_orders_default PARTITION OF bronze.raw_orders DEFAULT;
COMMENT ON TABLE bronze.raw_orders_default IS 'Everything, until somebody writes the partitioning job.';
CREATE INDEX orders_customer ON bronze.raw_orders (customer_id, order_date DESC);
CREATE INDEX orders_status ON bronze.raw_orders (status) WHERE status <> 'delivered';
CREATE INDEX orders_raw ON bronze.raw_orders USING gin (raw_data jsonb_path_ops);
CREATE INDEX orders_day ON bronze.raw_orders (date_trunc('day', order_date));
CREATE TRIGGER orders_note AFTER INSERT ON bronze.raw_orders REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION bronze.note();

-- 2020-06: inventory -------------------------------------------------------------------------------------------------
CREATE TABLE bronze.raw_inventory (
    inventory_id bigint GENERATED ALWAYS AS IDENTITY,
    movement_date timestamp NOT NULL,
    product_id varchar(50) NOT NULL REFERENCES bronze.raw_products,
    warehouse_id varchar(50) NOT NULL,
    movement_type text NOT NULL
        CONSTRAINT known_movement CHECK (movement_type IN ('IN', 'OUT', 'RETURN', 'TRANSFER', 'ADJUSTMENT')),
    quantity integer NOT NULL CONSTRAINT quantity_moves CHECK (quantity <> 0),
    reference_number varchar(100),
    raw_data jsonb,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    PRIMARY KEY (inventory_id, movement_date)
) PARTITION BY RANGE (movement_date);
CREATE TABLE bronze.raw_inventory_default PARTITION OF bronze.raw_inventory DEFAULT;
CREATE INDEX inventory_product ON bronze.raw_inventory (product_id, movement_date);
CREATE INDEX inventory_warehouse ON bronze.raw_inventory (warehouse_id);
CREATE INDEX inventory_reference ON bronze.raw_inventory (reference_number text_pattern_ops);

-- 2021-01: reviews ---------------------------------------------------------------------------------------------------
CREATE TABLE bronze.raw_reviews (
    review_id varchar(50) PRIMARY KEY,
    rating integer CONSTRAINT one_to_five CHECK (rating BETWEEN 1 AND 5),
    review_title varchar(255),
    review_text text,
    review_date timestamp,
    product_id varchar(50) NOT NULL REFERENCES bronze.raw_products ON DELETE CASCADE,
    customer_id varchar(50) REFERENCES bronze.raw_customers DEFERRABLE INITIALLY DEFERRED,
    verified_purchase boolean DEFAULT false,
    helpful_count integer DEFAULT 0,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    raw_data jsonb,
    sentiment numeric
);
CREATE INDEX reviews_text ON bronze.raw_reviews USING gin (to_tsvector('english', review_text));
CREATE INDEX reviews_title ON bronze.raw_reviews USING gin (to_tsvector('english', review_title));
CREATE INDEX reviews_product ON bronze.raw_reviews (product_id, review_date DESC);
CREATE INDEX reviews_customer ON bronze.raw_reviews (customer_id);
CREATE INDEX reviews_bad ON bronze.raw_reviews (review_date) WHERE rating <= 2;

-- 2022-09: web analytics ---------------------------------------------------------------------------------------------
CREATE TABLE bronze.raw_sessions (
    session_id varchar(100) PRIMARY KEY,
    user_id varchar(50) REFERENCES bronze.raw_customers,
    start_time timestamp NOT NULL,
    end_time timestamp,
    duration_seconds integer,
    CONSTRAINT ends_after_its_start CHECK (end_time >= start_time),
    device_type varchar(50),
    browser varchar(100),
    operating_system varchar(100),
    location jsonb,
    ip_address bronze.network_address,
    is_mobile boolean,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    raw_data jsonb
);
CREATE INDEX sessions_user ON bronze.raw_sessions (user_id, start_time);
CREATE INDEX sessions_location ON bronze.raw_sessions USING gin (location);
CREATE INDEX sessions_raw ON bronze.raw_sessions USING gin (raw_data jsonb_path_ops);
CREATE INDEX sessions_start ON bronze.raw_sessions USING brin (start_time);

CREATE TABLE bronze.raw_clickstream (
    event_id bigserial,
    session_id varchar(100) NOT NULL REFERENCES bronze.raw_sessions,
    user_id varchar(50),
    event_type varchar(50) NOT NULL,
    page_url text,
    device_info jsonb,
    event_timestamp timestamp NOT NULL,
    raw_data jsonb,
    source_system varchar(50) NOT NULL,
    ingestion_timestamp timestamp,
    PRIMARY KEY (event_id, event_timestamp)
    -- referrer is kept by the CDN's logs
) PARTITION BY RANGE (event_timestamp);
CREATE TABLE bronze.raw_clickstream_default PARTITION OF bronze.raw_clickstream DEFAULT;
CREATE INDEX clickstream_session ON bronze.raw_clickstream (session_id, event_timestamp);
CREATE INDEX clickstream_user ON bronze.raw_clickstream (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX clickstream_kind ON bronze.raw_clickstream (event_type, event_timestamp);
CREATE INDEX clickstream_url ON bronze.raw_clickstream USING gin (to_tsvector('simple', page_url));
CREATE INDEX clickstream_device ON bronze.raw_clickstream USING gin (device_info);

-- 2023-02: what loads may do: no partition is theirs, nor any sequence --------------------------------------------------
GRANT USAGE, CREATE ON SCHEMA bronze TO loader;
GRANT INSERT, SELECT ON bronze.raw_customers, bronze.raw_products, bronze.raw_orders, bronze.raw_inventory,
    bronze.raw_reviews, bronze.raw_sessions, bronze.raw_clickstream TO loader;
CREATE VIEW bronze.order_items AS SELECT order_id, jsonb_array_elements(raw_data -> 'items') AS item
    FROM bronze.raw_orders;
