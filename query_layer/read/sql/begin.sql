-- First statement of every transaction. All values are transaction-local: behind a transaction pooler
-- a session setting would show one caller's claims to the next (query_layer.md §12, 1).
select
    set_config('app.user_id', $1, true),
    set_config('app.role', $2, true),
    set_config('app.org_id', $3, true),
    set_config('app.introducer_id', $4, true),
    set_config('app.chains', $5, true),
    set_config('app.validators', $6, true),
    set_config('application_name', $7, true),
    set_config('statement_timeout', $8, true),
    set_config('lock_timeout', $9, true)
