-- Names in braces come from the registry.
select max({column}) from {view}
