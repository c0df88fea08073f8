-- The user of a token; no row: there is none.
select * from governance.auth_user($1::uuid)
