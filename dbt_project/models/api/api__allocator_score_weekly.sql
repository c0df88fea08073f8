{{ api_view(ref("allocator_score_weekly")) }}
