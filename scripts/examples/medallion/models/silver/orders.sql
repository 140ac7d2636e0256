-- One row for each order. Its last payment tells the total, its items the subtotal, and of the other three amounts the
-- one that is no number, or does not add up, follows from the rest.
with told as (
    select *, {{ digits('order_id') }} as number, {{ listed('items') }} as list, {{ listed('payments') }} as paid
    from {{ source('bronze', 'raw_orders') }}
), once as (
    select distinct on (number, order_date) * from told order by number, order_date, ingestion_timestamp
), counted as (
    select *, count(*) over (partition by number) as twins,
        row_number() over (partition by number order by order_date) as place,
        coalesce((paid #>> '{-1,amount}')::numeric, total_amount) as total,
        (select sum((item ->> 'total_amount')::numeric) from jsonb_array_elements(list) as item) as sub,
        {{ number('discount_amount') }} as discount, {{ number('shipping_cost') }} as shipping,
        {{ number('tax_amount') }} as tax
    from once
), numbered as (
    select *, {{ number_of_its_own() }} as own,
        sub + shipping + tax - total as discount_due, total - sub + discount - tax as shipping_due,
        total - sub + discount - shipping as tax_due
    from counted
), greatest_ones as (
    select {{ greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8) }} as customer,
        {{ greatest_of(source('bronze', 'raw_sessions'), 'session_id', 12) }} as session
), buyers as (
    -- who reviewed what was in an order has ordered it
    select {{ text('order_id') }} as order_id, max({{ digits('customer_id') }}) as buyer
    from {{ source('bronze', 'raw_reviews') }}, greatest_ones
    where {{ digits('customer_id') }} <= customer group by 1
)
select
    {{ id('own', 'ORD', 10) }} as order_id,
    case when {{ digits('customer_id') }} <= customer then {{ id(digits('customer_id'), 'CUST', 8) }}
        else {{ id('coalesce(buyer, user_number)', 'CUST', 8) }} end as customer_id,
    order_date,
    coalesce(statuses.word, {{ tidy('status') }}, case when raw_data ? 'cancelled_at' then 'cancelled'
        when raw_data ? 'returned_at' then null when raw_data ? 'delivered_at' then 'delivered'
        when raw_data ? 'shipped_at' then 'shipped' end) as status,
    shipping_address, total as total_amount, list as items, sub as subtotal,
    case when discount is null or discount in (-discount_due, 100 * discount_due) then discount_due else discount end
        as discount_amount,
    case when shipping is null or shipping in (-shipping_due, 100 * shipping_due) then shipping_due else shipping end
        as shipping_cost,
    case when tax is null or tax in (-tax_due, 100 * tax_due) then tax_due else tax end as tax_amount,
    {{ text('promotion_code') }} as promotion_code,
    coalesce(methods.word, {{ tidy(text('payment_method')) }}, paid #>> '{-1,method}') as payment_method,
    coalesce(statuses_paid.word, {{ tidy(text('payment_status')) }}) as payment_status, paid as payments,
    coalesce(channels.word, {{ tidy(text('channel')) }}, case when raw_data ? 'session_id' then 'web' end) as channel,
    case when {{ digits(text('session_id')) }} <= session then {{ id(digits(text('session_id')), 'SESS', 12) }}
        when {{ text('session_id') }} is not null then {{ id('visits.number', 'SESS', 12) }} end as session_id,
    {{ text('warehouse_id') }} as warehouse_id, {{ listed('shipments') }} as shipments,
    {{ instant('shipped_at') }} as shipped_at, {{ instant('delivered_at') }} as delivered_at,
    {{ instant('cancelled_at') }} as cancelled_at, {{ instant('returned_at') }} as returned_at,
    {{ instant('charged_back_at') }} as charged_back_at
from numbered
cross join greatest_ones
left join {{ ref('visits') }} as visits on visits.order_id = {{ id('own', 'ORD', 10) }}
left join buyers on buyers.order_id = {{ id('own', 'ORD', 10) }}
left join {{ spelling(source('bronze', 'raw_orders'), 'status') }} as statuses
    on statuses.small = lower({{ tidy('status') }})
left join {{ spelling(source('bronze', 'raw_orders'), text('payment_method')) }} as methods
    on methods.small = lower({{ tidy(text('payment_method')) }})
left join {{ spelling(source('bronze', 'raw_orders'), text('payment_status')) }} as statuses_paid
    on statuses_paid.small = lower({{ tidy(text('payment_status')) }})
left join {{ spelling(source('bronze', 'raw_orders'), text('channel')) }} as channels
    on channels.small = lower({{ tidy(text('channel')) }})
