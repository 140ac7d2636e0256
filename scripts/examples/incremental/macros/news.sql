{# Which ids have a version that came since the last run. A row that came at noon may be there before one that came at
   eleven: a day is cut by when things happened, and bronze hears of them up to four hours later. So look back as far. #}
{% macro news(relation, id) %}
    select {{ id }} from {{ relation }}
    where ingestion_timestamp > (
        select coalesce(max(ingestion_timestamp), '-infinity') - interval '{{ var("lag", "4 hours") }}' from {{ this }}
    )
{% endmacro %}
