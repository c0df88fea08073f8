-- Roles of the server (spec README, "Roles"). Roles belong to the server, not to a database, so this
-- runs before the numbered migrations, every time, and creates only what is absent.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (
            values
                ('cdp_owner', 'nologin'),
                ('cdp_writer', 'nologin'),
                ('api_ro', 'login noinherit nobypassrls connection limit 40'),
                ('cdp_audit', 'nologin'),
                ('cdp_auth', 'nologin'),
                ('analyst', 'nologin'),
                ('metrics', 'nologin')
        ) as r (name, options)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I %s', wanted.name, wanted.options);
        end if;
    end loop;
    if not pg_has_role('cdp_owner', 'member') then
        execute format('grant cdp_owner, cdp_writer to %I', current_user);
    end if;
    -- Temporary tables are for those who write: a reader could fill the disk with them.
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to cdp_owner, cdp_writer', current_database());
    alter role api_ro set default_transaction_read_only = on;
    alter role api_ro set search_path = api_v1;
    alter role api_ro set timezone = 'UTC';
    alter role api_ro set lock_timeout = '1s';
    alter role api_ro set statement_timeout = '5s';
    alter role api_ro set idle_in_transaction_session_timeout = '15s';
    alter role analyst set default_transaction_read_only = on;
    alter role analyst set search_path = api_v1;
    alter role analyst set timezone = 'UTC';
    alter role analyst set lock_timeout = '1s';
    alter role analyst set statement_timeout = '60s';
    alter role analyst set idle_in_transaction_session_timeout = '5min';
exception
    when insufficient_privilege then
        raise notice 'this user may not create roles (%): ask an administrator to run migrations/roles.sql', sqlerrm;
end
$$;
