-- Names in braces come from the registry; every value is bound.
select count(*) from (select from {view} where {condition} limit {limit}) counted
