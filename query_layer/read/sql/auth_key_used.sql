-- Record that a key was used today.
select governance.auth_key_used($1)
