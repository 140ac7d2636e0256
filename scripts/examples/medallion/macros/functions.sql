{# What an expression cannot do: to try a conversion, and to go on where it fails. #}
{% macro make_functions() %}
create schema if not exists {{ target.schema }};
create or replace function {{ target.schema }}.read_again(told text) returns text language plpgsql immutable as $$
begin
    -- UTF-8 that was read as Windows-1252: what is not, cannot be converted back, and stays
    return convert_from(convert_to(told, 'WIN1252'), 'UTF8');
exception when others then
    return told;
end $$;
create or replace function {{ target.schema }}.amount(told text) returns numeric language plpgsql immutable as $$
declare
    bare text := regexp_replace(told, '[^0-9.,-]', '', 'g');
begin
    if bare ~ ',[0-9]{2}$' then
        bare := replace(replace(bare, '.', ''), ',', '.');
    end if;
    return nullif(replace(bare, ',', ''), '')::numeric;
exception when others then
    return null;
end $$;
create or replace function {{ target.schema }}.moment(told text, form text) returns timestamp
language plpgsql immutable as $$
begin
    return to_timestamp(told, form);
exception when others then
    return null;
end $$
{% endmacro %}
