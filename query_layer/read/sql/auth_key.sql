-- An API key with its user and organisation; no row: there is none.
select * from governance.auth_key($1)
