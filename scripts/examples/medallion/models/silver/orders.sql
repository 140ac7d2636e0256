-- One row for each order; of its amounts one is wrong where they do not add up.
with told as (
    select distinct on (order_id) *,
        abs(coalesce(total_amount, {{ target.schema }}.amount(raw_data ->> 'total_amount'))) as total,
        abs({{ target.schema }}.amount(raw_data ->> 'subtotal')) as sub,
        abs({{ target.schema }}.amount(raw_data ->> 'discount_amount')) as discount,
        abs({{ target.schema }}.amount(raw_data ->> 'shipping_cost')) as shipping,
        abs({{ target.schema }}.amount(raw_data ->> 'tax_amount')) as tax,
        coalesce(raw_data ->> 'payment_method', raw_data ->> 'paymentMethod') as method
    from {{ source('bronze', 'raw_orders') }}
    order by order_id, ingestion_timestamp
), summed as (
    select *, sub - discount + shipping + tax as expected from told
)
select
    order_id,
    {{ reference('customer_id', 'CUST', 8, greatest_of(source('bronze', 'raw_customers'), 'customer_id', 8)) }}
        as customer_id,
    order_date, coalesce(statuses.word, {{ tidy('status') }}) as status, shipping_address,
    case when total is null then expected when total = 100 * expected then expected else total end as total_amount,
    case when total = expected - sub + sub / 100 then round(sub / 100, 2) else sub end as subtotal, discount as discount_amount,
    case when total = expected - shipping + shipping / 100 then round(shipping / 100, 2) else shipping end as shipping_cost,
    case when total = expected - tax + tax / 100 then round(tax / 100, 2) else tax end as tax_amount,
    coalesce(methods.word, {{ tidy('method') }}) as payment_method,
    coalesce(payments.word, {{ tidy("raw_data ->> 'payment_status'") }}) as payment_status,
    coalesce(channels.word, {{ tidy("raw_data ->> 'channel'") }}) as channel,
    {{ reference("(raw_data ->> 'session_id')", 'SESS', 12, greatest_of(source('bronze', 'raw_sessions'), 'session_id', 12)) }}
        as session_id,
    case jsonb_typeof(raw_data -> 'items')
        when 'string' then (raw_data ->> 'items')::jsonb
        when 'object' then jsonb_build_array(raw_data -> 'items')
        else raw_data -> 'items' end as items
from summed
left join {{ spelling(source('bronze', 'raw_orders'), 'status') }} as statuses
    on statuses.small = lower({{ tidy('status') }})
left join {{ spelling(source('bronze', 'raw_orders'), "(raw_data ->> 'payment_method')") }} as methods
    on methods.small = lower({{ tidy('method') }})
left join {{ spelling(source('bronze', 'raw_orders'), "(raw_data ->> 'payment_status')") }} as payments
    on payments.small = lower({{ tidy("raw_data ->> 'payment_status'") }})
left join {{ spelling(source('bronze', 'raw_orders'), "(raw_data ->> 'channel')") }} as channels
    on channels.small = lower({{ tidy("raw_data ->> 'channel'") }})
