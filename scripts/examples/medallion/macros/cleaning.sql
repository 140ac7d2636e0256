{# A text without characters that nobody sees, and without blanks about it; null where nothing is left. #}
{% macro tidy(told) -%}
nullif(btrim(regexp_replace(regexp_replace({{ target.schema }}.read_again({{ told }}),
    '[\u200b\u00ad\ufeff\u0007\r\u001b]', '', 'g'), '[\u00a0\t]', ' ', 'g')), '')
{%- endmacro %}

{# The same without the remains of a page. #}
{% macro unmarked(told) -%}
{{ tidy("replace(replace(replace(replace(regexp_replace(regexp_replace(regexp_replace(" ~ told ~
    ", '</?(p|b|br) ?/?>', '', 'g'), '^&quot;(.*)&quot;$', '\\1'), '&nbsp;$', ''), '&nbsp;', ' '), '&quot;', '\"'), '&#39;', ''''), '&amp;', '&')") }}
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
(select lower(btrim({{ told }}, e' \t\u00a0')) as small,
    mode() within group (order by btrim({{ told }}, e' \t\u00a0')) as word from {{ relation }} group by 1)
{%- endmacro %}

{# Two records that bear one id: the later one has that of the gap behind it, else the earlier that of the gap before. #}
{% macro number_of_its_own() -%}
case when twins = 2 and place = 2 and number + 1 not in (select number from told) then number + 1
    when twins = 2 and place = 1 and number + 1 in (select number from told)
        and number - 1 not in (select number from told) then number - 1
    else number end
{%- endmacro %}
