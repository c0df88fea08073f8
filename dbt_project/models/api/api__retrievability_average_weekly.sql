{{ api_view(ref("retrievability_average_weekly")) }}
