select iso_year as year, iso_week as week, cumulative_total as "cumulativeTotal"
from api_v1.cumulative_allocations_weekly
