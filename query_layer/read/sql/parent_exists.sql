-- Names in braces come from the registry; every value is bound.
select exists (select from {view} where {condition})
