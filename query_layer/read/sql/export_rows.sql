-- Names in braces come from the registry; every value is bound. The order is that
-- of the view's columns (`r`): in `order by`, names of the select list come first.
select {columns}
from {view} r
where {condition}
order by {order}
