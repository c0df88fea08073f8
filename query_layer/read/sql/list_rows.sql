-- Names in braces come from the registry; every value is bound.
select {columns}
from {view}
where {condition}
order by {order}
limit {limit} offset {offset}
