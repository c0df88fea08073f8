{#- Readers may select from a view and, since it runs with their own rights, from the mart behind it. -#}
{% macro grant_reading() %}
    {%- if execute and var("is_migration") -%}
        do $$
        declare
            reader text;
        begin
            for reader in
                select rolname from pg_roles where rolname in ('api_ro', 'analyst', 'metrics')
            loop
                execute format('grant select on {{ this }} to %I', reader);
            end loop;
        end
        $$
    {%- endif -%}
{% endmacro %}

{#- A view that runs with its reader's rights; replaced in place, so views built on it stay. -#}
{% materialization invoker_view, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement("main") -%}
        create or replace view {{ target_relation }} with (security_invoker = true) as (
            {{ sql }}
        )
    {%- endcall %}
    {% do run_query(cdp.comments_of_view(target_relation)) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}
