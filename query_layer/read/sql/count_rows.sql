-- Names in braces come from the registry; every value is bound.
select count(*) from {view} where {condition}
