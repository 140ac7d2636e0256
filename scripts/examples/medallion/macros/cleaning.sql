{# A text without characters that nobody sees, and without blanks about it; null where nothing is left. #}
{% macro tidy(told) -%}
nullif(btrim(regexp_replace(regexp_replace({{ target.schema }}.read_again({{ told }}), '[\u00a0\t]', ' ', 'g'),
    '[\u0001-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]', '', 'g')), '')
{%- endmacro %}

{# The same without the remains of a page. #}
{% macro unmarked(told) -%}
{{ tidy("replace(replace(replace(replace(regexp_replace(regexp_replace(regexp_replace(" ~ told ~
    ", '</?[a-z]+ ?/?>', '', 'g'), '^&quot;(.*)&quot;$', '\\1'), '&nbsp;$', ''), '&nbsp;', ' '), '&quot;', '\"'), '&#39;', ''''), '&amp;', '&')") }}
{%- endmacro %}

{# A key of raw_data, by the name that it had until its producer went over to camel case, or by the new one: launchedAt,
   and of a single word unitName. #}
{% macro key(name) -%}
{%- set words = name.split('_') -%}
coalesce(raw_data -> '{{ name }}', raw_data -> '{{ words[0] }}{{ words[1:] | map("capitalize") | join or "Name" }}')
{%- endmacro %}

{# The same as text. #}
{% macro text(name) -%}
({{ key(name) }} #>> '{}')
{%- endmacro %}

{# An instant in raw_data; null where it is not written as it should be. #}
{% macro instant(name) -%}
case when {{ text(name) }} like '____-__-__T%' then {{ text(name) }}::timestamp end
{%- endmacro %}

{# An instant in some other form; null where it is in none like that. #}
{% macro moment(told, form) -%}
{{ target.schema }}.moment({{ told }}, '{{ form }}')
{%- endmacro %}

{# A flag, of whatever type. #}
{% macro flag(name) -%}
case upper({{ text(name) }}) when 'TRUE' then true when 'Y' then true when 'FALSE' then false when 'N' then false end
{%- endmacro %}

{# A list that is one again, where it was made a string, or its only element stands for it. #}
{% macro listed(name) -%}
case jsonb_typeof({{ key(name) }}) when 'string' then {{ text(name) }}::jsonb
    when 'object' then jsonb_build_array({{ key(name) }}) else {{ key(name) }} end
{%- endmacro %}

{# A number in raw_data, of whatever type. #}
{% macro number(name) -%}
{{ target.schema }}.amount({{ text(name) }})
{%- endmacro %}

{# Whether a text is all of one case, or of the wrong one: GLEN, glen, gLEN. #}
{% macro odd(told) -%}
({{ told }} in (upper({{ told }}), lower({{ told }})) or {{ told }} ~ '^[[:lower:]][[:upper:]]')
{%- endmacro %}

{# The number in an id, however the id is written. #}
{% macro digits(id) -%}
substring({{ id }} from '[0-9]+')::numeric
{%- endmacro %}

{# An id as the shop writes it. #}
{% macro id(number, prefix, width) -%}
'{{ prefix }}' || lpad(({{ number }})::text, greatest({{ width }}, length(({{ number }})::text)), '0')
{%- endmacro %}

{# A reference: null where its number is beyond all that there are. Ids are dense, so one below that was only lost. #}
{% macro reference(column, prefix, width, greatest_number) -%}
case when {{ digits(column) }} <= {{ greatest_number }} then {{ id(digits(column), prefix, width) }} end
{%- endmacro %}

{# The greatest number of an id that was not made up: those with 9 in front are ten times as many as could be. #}
{% macro greatest_of(relation, column, width) -%}
(select max({{ digits(column) }}) from {{ relation }} where {{ digits(column) }} < 9 * 10.0 ^ ({{ width }} - 1))
{%- endmacro %}

{# How each word of a column is written most often, by what it is in small letters. #}
{% macro spelling(relation, told) -%}
(select distinct on (small) small, word from (
    select lower(clear) as small, clear as word, count(*) as many
    from (select btrim({{ told }}, e' \t\u00a0') as clear from {{ relation }}) as clear group by 1, 2) as spelt
order by small, many desc, {{ odd('word') }})
{%- endmacro %}

{# Two records that bear one id: the later one has that of the gap behind it, else the earlier that of the gap before. #}
{% macro number_of_its_own() -%}
case when twins = 2 and place = 2 and number + 1 not in (select number from told) then number + 1
    when twins = 2 and place = 1 and number + 1 in (select number from told)
        and number - 1 not in (select number from told) then number - 1
    else number end
{%- endmacro %}
