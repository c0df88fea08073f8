{#- Histograms, counts, averages and scores exclude metaallocators and include ids without a row in allocator
    (compliance §6.6). The same condition for Python is cdp_assets.filplus.registry.standard_allocators. -#}
{% macro is_standard_allocator(column) -%}
    not exists (select from {{ ref("allocator") }} meta where meta.id = {{ column }} and meta.is_metaallocator)
{%- endmacro %}
