"""Checks of the statements, evaluated by the run that drafts them."""

from __future__ import annotations

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.rules.nullable_amounts import sql_sum_or_null
from cdp_assets.validators.statements.statement_store import STATEMENTS_KEY

STATEMENT_CHECKS = (
    SqlCheck(
        name="total_is_sum_of_items",
        asset_key=STATEMENTS_KEY,
        meaning="total_native of each statement is the sum of its items, null where one is null.",
        broken=f"""
            select s.statement_id, s.month, s.total_native, i.total
            from validators.partner_commission_statements s
            left join lateral (
                select
                    case when count(*) = 0 then 0 else {sql_sum_or_null("i.amount_native")} end
                        as total
                from validators.partner_statement_items i
                where i.statement_id = s.statement_id
            ) i on true
            where s.total_native is distinct from i.total
        """,
    ),
    SqlCheck(
        name="line_paid_once",
        asset_key=STATEMENTS_KEY,
        meaning="No line is an item of two released statements; differences are adjustments.",
        broken="""
            select i.line_id, count(*) as statements
            from validators.partner_statement_items i
            inner join validators.partner_commission_statements s using (statement_id)
            where s.status in ('RELEASED', 'PAID')
            group by i.line_id
            having count(*) > 1
        """,
    ),
    SqlCheck(
        name="released_is_approved",
        asset_key=STATEMENTS_KEY,
        meaning="Each released statement has an approval of its content that holds.",
        broken="""
            select s.statement_id, s.month
            from validators.partner_commission_statements s
            where s.status in ('RELEASED', 'PAID')
                and not exists (
                    select
                    from governance.approvals a
                    where a.resource_type = 'statement' and a.resource_id = s.statement_id::text
                        and a.content_hash = s.content_hash and a.voided_at is null
                )
        """,
    ),
)
